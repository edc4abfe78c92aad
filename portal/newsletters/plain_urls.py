"""Addresses without a language: what an old letter leads to works whatever languages the site has by then."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from portal.newsletters.views import leave

urlpatterns: list[URLPattern | URLResolver] = [path("newsletters/leave/<str:token>/", leave, name="newsletter-leave")]
if settings.ANYMAIL.get("WEBHOOK_SECRET"):  # without it anybody could tell us anything
    urlpatterns += [path("newsletters/heard/", include("anymail.urls"))]
