"""Addresses of the directory without a language prefix."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
