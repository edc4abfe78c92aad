"""Ways to sign in beside Wagtail's own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
