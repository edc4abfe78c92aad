"""Addresses below the language prefix."""

from django.urls import path

from portal.newsletters.views import archive, confirm, letter, mine, stop, subscribe

urlpatterns = [
    path("newsletters/", archive, name="newsletters"),
    path("newsletters/subscribe/", subscribe, name="newsletter-subscribe"),
    path("newsletters/confirm/<str:token>/", confirm, name="newsletter-confirm"),
    path("newsletters/mine/<str:token>/", mine, name="newsletter-mine"),
    path("newsletters/stop/<str:token>/", stop, name="newsletter-stop"),
    path("newsletters/<slug:slug>/", letter, name="newsletter"),
]
