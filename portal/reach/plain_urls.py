"""Addresses without a language prefix."""

from django.urls import path, re_path

from portal.reach.engines import robots, sitemap_file, sitemap_index, social_picture
from portal.reach.framing import embed_script
from portal.reach.installing import app_icon, app_manifest, app_sign, service_worker, usual_icon
from portal.reach.subjects import KINDS

urlpatterns = [
    path("manifest.webmanifest", app_manifest, name="manifest"),
    re_path(r"^app-icon/(?P<name>[a-z]+-\d+)-(?P<colour>[0-9a-f]{6})\.png$", app_icon, name="app-icon"),
    re_path(r"^app-sign-(?P<colour>[0-9a-f]{6})\.svg$", app_sign, name="app-sign"),
    path("favicon.ico", usual_icon, {"name": "any-192"}),
    path("apple-touch-icon.png", usual_icon, {"name": "apple-180"}),
    path("apple-touch-icon-precomposed.png", usual_icon, {"name": "apple-180"}),
    path("sw.js", service_worker, name="service-worker"),
    path("embed.js", embed_script, name="embed-script"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap_index, name="sitemap"),
    path("sitemap-<str:kind>-<int:number>.xml", sitemap_file, name="sitemap-file"),
    re_path(
        rf"^social/(?P<kind>{'|'.join(KINDS)})/(?P<slug>[-\w]+)-(?P<lang>[a-z]{{2}})-(?P<digest>[0-9a-f]{{20}})\.png$",
        social_picture,
        name="social-picture",
    ),
]
