"""Public addresses below the language prefix. Mind the order: they stand before pages of the CMS."""

from django.urls import path

from portal.frontline.handing_over import hand_over, how_it_went
from portal.frontline.views import shortlist, shortlist_qr

urlpatterns = [
    path("shortlist/", shortlist, name="shortlist"),
    path("shortlist/qr.svg", shortlist_qr, name="shortlist-qr"),
    path("shortlist/hand-over/", hand_over, name="hand-over"),
    path("shortlist/how-it-went/<str:token>/", how_it_went, name="how-it-went"),
]
