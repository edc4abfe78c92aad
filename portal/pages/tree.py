"""What is wrong with the tree of pages, in words: a site that somebody broke by hand must say so where staff look.

    faults()   what is wrong, each with a name and a sentence that says what to do

The first page of the admin shows them, `manage.py check_pages` prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from directory.municipalities.models import Municipality
from portal.pages.models import HomePage
from portal.pages.owners import STEP


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong: its name for tests and logs, the sentence, and where to mend it ("" where staff cannot)."""

    name: str
    sentence: str
    address: str = ""


def faults(municipalities: QuerySet[Municipality] | None = None) -> list[Fault]:
    """Everything wrong with the sites of some municipalities; of all of them, and with the tree itself, when none are named.

    As many questions to the database for one municipality as for all.
    """
    rows = list(
        (Municipality.objects.all() if municipalities is None else municipalities).select_related("site").defer("boundary")
    )
    starts = {row.site.root_page_id for row in rows if row.site}
    fronts = {page.pk: page for page in HomePage.objects.filter(pk__in=starts).only("path", "live")}
    found = [fault for row in rows for fault in of_site(row, fronts)]
    whole = Page.objects.order_by("path")
    if municipalities is not None:
        below = (Q(path__startswith=page.path) for page in fronts.values())
        whole = whole.filter(reduce(Q.__or__, below, Q(pk__in=[])))
    pages = list(whole.values_list("pk", "path", "depth", "title", "numchild", "content_type_id", named=True))
    told = starts - set(fronts)
    above = {page.path[:-STEP] for page in fronts.values()} if municipalities is not None else set()
    return found + _hanging(pages, above) + _unreadable([page for page in pages if page.pk not in told])


def of_site(municipality: Municipality, fronts: Mapping[int, HomePage]) -> list[Fault]:
    """What is wrong with where one municipality's site starts."""
    name = municipality.name
    site = municipality.site
    if site is None:
        return [
            Fault(
                "no-site", _("%(name)s has no site: its front page or its host was taken away. Set it up again.") % {"name": name}
            )
        ]
    page = fronts.get(site.root_page_id)
    if page is None:
        sentence = _("The site of %(name)s starts at a page that is no front page. Set it up again.")
        return [Fault("wrong-type", sentence % {"name": name})]
    if not page.live:
        sentence = _("The front page of %(name)s is not published. Visitors see a spare one.")
        return [Fault("unpublished", sentence % {"name": name}, reverse("wagtailadmin_pages:edit", args=[page.pk]))]
    return []


def _hanging(pages: list[Any], above: Collection[str]) -> list[Fault]:
    """Pages without a page above them, or that do not know those below; `above`: paths of pages that are not among `pages`."""
    known = {page.path for page in pages} | set(above)
    children = Counter(page.path[:-STEP] for page in pages)
    found = []
    for page in pages:
        if len(page.path) == STEP:
            continue  # the root
        if page.path[:-STEP] not in known or page.depth != len(page.path) // STEP:
            sentence = _("“%(title)s” hangs in the air: the page above it is gone. Run manage.py fixtree.")
            found.append(Fault("no-parent", sentence % {"title": page.title}))
        elif page.numchild != children[page.path]:
            sentence = _("“%(title)s” does not know the pages below it. Run manage.py fixtree.")
            found.append(Fault("lost-children", sentence % {"title": page.title}))
    return found


def _unreadable(pages: list[Any]) -> list[Fault]:
    """Pages whose own row, or the type it was of, is gone."""
    by_type: dict[int, set[int]] = {}
    for page in pages:
        by_type.setdefault(page.content_type_id, set()).add(page.pk)
    lost: set[int] = set()
    for kind, pks in by_type.items():
        model = ContentType.objects.get_for_id(kind).model_class()
        there = model._default_manager.values_list("pk", flat=True) if model else ()
        lost |= pks - set(there)
    sentence = _("“%(title)s” cannot be read: a part of it is gone. Delete it and write it again.")
    return [Fault("unreadable", sentence % {"title": page.title}) for page in pages if page.pk in lost]
