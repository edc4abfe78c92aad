"""Public pages of the directory, below the language prefix."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
