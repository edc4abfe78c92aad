"""Public pages of this room, below the language prefix."""

from django.urls import URLPattern, path

from directory.activities.models import Activity
from directory.places.models import Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.contact.enquiries.views import write, write_to_committee
from portal.contact.sharing.views import shared_list
from portal.contact.wishes.views import wishes

urlpatterns: list[URLPattern] = [
    path("wishes/", wishes, name="wishes"),
    path("contact-list/<str:token>/", shared_list, name="shared-list"),
    path("districts/<slug:slug>/write/", write_to_committee, name="district-write"),
    *(
        path(f"{prefix}/<slug:slug>/write/", write, {"model": model}, name=f"{name}-write")
        for prefix, name, model in (
            ("providers", "provider", Provider),
            ("places", "place", Place),
            ("activities", "activity", Activity),
            ("support", "support", SupportScheme),
        )
    ),
]
