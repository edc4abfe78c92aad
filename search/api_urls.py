"""The open API, below `/api/v1/`."""

from django.urls import path

from search import api

urlpatterns = [
    path("search", api.search, name="api-search"),
    path("points", api.points, name="api-points"),
    path("suggest", api.suggest, name="api-suggest"),
    path("listings/<str:kind>/<str:slug>", api.listing, name="api-listing"),
    path("openapi.json", api.openapi, name="api-openapi"),
    path("<path:rest>", api.unknown),
]
