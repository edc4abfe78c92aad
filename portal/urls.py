"""All addresses. DESIGN's list of addresses is held by tests/conventions."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from portal.health import healthz
from portal.middleware import to_best_language
from portal.pages.documents import document
from portal.pages.views import front_page, page

urlpatterns = [
    path("", to_best_language, name="root"),
    path("healthz", healthz, name="healthz"),
    path("", include("portal.accounts.plain_urls")),
    path("cms/", include("portal.accounts.urls")),
    path("cms/", include("directory.staff_urls")),
    path("cms/", include(wagtailadmin_urls)),
    re_path(r"^documents/(\d+)/(.*)$", document),  # before Wagtail's own, which knows nothing of municipalities
    path("documents/", include(wagtaildocs_urls)),
    path("", include("portal.wallet.plain_urls")),  # before the open API, whose last address is any
    path("api/v1/", include("portal.till.api_urls")),
    path("api/v1/", include("search.api_urls")),
    path("", include("directory.plain_urls")),
    path("", include("portal.reach.plain_urls")),
    path("", include("portal.theme.urls")),
    path("", include("portal.newsletters.plain_urls")),
    # Pictures only: documents go through Wagtail's view, which asks who may see them.
    re_path(r"^media/(?P<path>(?:original_images|images|avatar_images)/.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
]

urlpatterns += i18n_patterns(
    path("desk/", include("portal.accounts.desk_urls")),
    path("desk/", include("portal.frontline.desk_urls")),
    path("desk/", include("portal.handing.urls")),
    path("desk/", include("portal.privacy.urls")),
    path("desk/", include("portal.contact.desk_urls")),
    path("desk/", include("portal.helping.desk_urls")),
    path("desk/", include("portal.till.desk_urls")),
    path("desk/", include("portal.desk.urls")),
    path("", include("portal.till.urls")),
    path("", include("portal.frontline.urls")),
    path("", include("search.urls")),
    path("", include("portal.reach.urls")),
    path("", include("portal.calendar.urls")),
    path("", include("portal.newsletters.urls")),
    path("", include("portal.contact.urls")),
    path("", include("directory.urls")),
    path("", front_page, name="front-page"),
    re_path(r"^((?:[\w\-]+/)+)$", page, name="page"),
    path("", include(wagtail_urls)),
    prefix_default_language=True,
)
