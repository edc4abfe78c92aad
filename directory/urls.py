"""Public pages of the directory, below the language prefix."""

from django.urls import URLPattern, path

from directory.activities.models import Activity
from directory.activities.views import activity, calendar
from directory.freshness.views import closed, still_right
from directory.listings.views import qr, qr_page
from directory.municipalities.views import district, district_index, district_qr, district_qr_page, outline
from directory.places.models import Place
from directory.places.views import place
from directory.providers.models import Provider
from directory.providers.views import provider
from directory.reports.views import report
from directory.support.models import SupportScheme
from directory.support.views import support, support_index

urlpatterns: list[URLPattern] = [
    path("providers/<slug:slug>/", provider, name="provider"),
    path("places/<slug:slug>/", place, name="place"),
    path("activities/<slug:slug>/", activity, name="activity"),
    path("activities/<slug:slug>/calendar.ics", calendar, name="activity-calendar"),
    path("support/", support_index, name="support-index"),
    path("support/<slug:slug>/", support, name="support"),
    path("still-right/<str:token>/", still_right, name="still-right"),
    path("still-right/<str:token>/closed/", closed, name="still-right-closed"),
    path("districts/outline.json", outline, name="outline"),
    path("districts/", district_index, name="district-index"),
    path("districts/<slug:slug>/", district, name="district"),
    path("districts/<slug:slug>/qr.svg", district_qr, name="district-qr"),
    path("districts/<slug:slug>/qr/", district_qr_page, name="district-qr-page"),
]
for prefix, name, model in (
    ("providers", "provider", Provider),
    ("places", "place", Place),
    ("activities", "activity", Activity),
    ("support", "support", SupportScheme),
):
    urlpatterns += [
        path(f"{prefix}/<slug:slug>/report/", report, {"model": model}, name=f"{name}-report"),
        path(f"{prefix}/<slug:slug>/qr.svg", qr, {"model": model}, name=f"{name}-qr"),
        path(f"{prefix}/<slug:slug>/qr/", qr_page, {"model": model}, name=f"{name}-qr-page"),
    ]
