"""What tills send, below `/api/v1/`. Stands before the open API, whose last address is any."""

from django.urls import path

from portal.till import api, telling_api

urlpatterns = [
    path("till/redeem", api.redeem_view, name="api-till-redeem"),
    path("till/undo", api.undo_view, name="api-till-undo"),
    path("till/offers", api.offers_view, name="api-till-offers"),
    path("till/tell", telling_api.tell_view, name="api-till-tell"),
]
