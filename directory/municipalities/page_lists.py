"""Wagtail's list of pages, whose filters would name every municipality's people and sites."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.admin.views.pages.listing import GenericPageFilterSet
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Site

from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine


def colleagues(request: HttpRequest) -> QuerySet[Any]:
    """Whoever works for a municipality of the user's."""
    return get_user_model().objects.filter(staff_roles__municipality__in=mine(Municipality, request.user)).distinct()


def own_sites(request: HttpRequest) -> QuerySet[Site]:
    return Site.objects.filter(municipality__in=mine(Municipality, request.user))


class OwnPageFilterSet(GenericPageFilterSet):
    """The filters of the list of pages, kept to own people and sites."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["owner"].queryset = colleagues
        self.filters["edited_by"].queryset = colleagues
        self.filters["site"].queryset = own_sites


class OwnPageViewSet(PageViewSet):
    """The list of pages. Which pages are shown Wagtail decides by permission."""

    filterset_class = OwnPageFilterSet


page_viewset = OwnPageViewSet()
