"""Addresses below the language prefix."""

from django.urls import path

from portal.calendar.views import calendar, calendar_file

urlpatterns = [
    path("calendar/", calendar, name="calendar"),
    path("calendar.ics", calendar_file, name="calendar-file"),
]
