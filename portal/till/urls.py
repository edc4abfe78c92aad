"""Addresses below the language prefix."""

from django.urls import path

from portal.till.views import enrol_till, leave_till, state, till

urlpatterns = [
    path("till/", till, name="till"),
    path("till/state", state, name="till-state"),
    path("till/enrol", enrol_till, name="till-enrol"),
    path("till/leave", leave_till, name="till-leave"),
]
