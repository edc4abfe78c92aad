"""Staff addresses below /cms/ that stand before the ones Wagtail has of its own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
