"""What is wrong with the tree of pages, in words: a site that somebody broke by hand must say so where staff look.

    faults()   what is wrong, each with a name and a sentence that says what to do

The first page of the admin shows them, `manage.py check_pages` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Site

from directory.municipalities.models import Municipality
from portal.pages.models import HomePage
from portal.pages.owners import STEP


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong: its name for tests and logs, the sentence, and where to mend it ("" where staff cannot)."""

    name: str
    sentence: str
    address: str = ""


def faults(municipalities: Iterable[Municipality] | None = None) -> list[Fault]:
    """Everything wrong with the sites of some municipalities; of all of them, and with the tree itself, when none are named."""
    rows = Municipality.objects.all() if municipalities is None else municipalities
    found = [fault for municipality in rows for fault in of_site(municipality)]
    return found + (of_tree() if municipalities is None else [])


def of_site(municipality: Municipality) -> list[Fault]:
    """What is wrong with one municipality's site."""
    name = municipality.name
    site = municipality.site
    if site is None:
        return [
            Fault(
                "no-site", _("%(name)s has no site: its front page or its host was taken away. Set it up again.") % {"name": name}
            )
        ]
    page = Page.objects.filter(pk=site.root_page_id).first()
    if page is None:
        return [Fault("no-front-page", _("%(name)s has no front page. Set it up again.") % {"name": name})]
    if not HomePage.objects.filter(pk=page.pk).exists():
        return [Fault("wrong-type", _("The site of %(name)s starts at a page that is no front page.") % {"name": name})]
    found = []
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    if not page.live:
        found.append(
            Fault(
                "unpublished", _("The front page of %(name)s is not published. Visitors see a spare one.") % {"name": name}, edit
            )
        )
    return found + of_branch(page)


def of_tree() -> list[Fault]:
    """What is wrong outside every site: pages that hang in the air."""
    outside = Page.objects.filter(depth__gt=1)
    for path in Site.objects.values_list("root_page__path", flat=True):
        outside = outside.exclude(path__startswith=path)
    return _hanging(outside)


def of_branch(top: Page) -> list[Fault]:
    """What is wrong below a front page, it included."""
    return _hanging(Page.objects.filter(path__startswith=top.path)) + _unreadable(Page.objects.filter(path__startswith=top.path))


def _hanging(pages: QuerySet[Page]) -> list[Fault]:
    rows = list(pages.values_list("path", "depth", "title", "numchild"))
    known = set(Page.objects.values_list("path", flat=True))
    children: dict[str, int] = {}
    for path in known:
        children[path[:-STEP]] = children.get(path[:-STEP], 0) + 1
    found = []
    for path, depth, title, numchild in rows:
        if path[:-STEP] not in known or depth != len(path) // STEP:
            sentence = _("“%(title)s” hangs in the air: the page above it is gone. Run manage.py fixtree.")
            found.append(Fault("no-parent", sentence % {"title": title}))
        elif numchild != children.get(path, 0):
            sentence = _("“%(title)s” does not know the pages below it. Run manage.py fixtree.")
            found.append(Fault("lost-children", sentence % {"title": title}))
    return found


def _unreadable(pages: QuerySet[Page]) -> list[Fault]:
    """Pages whose own row, or the type it was of, is gone."""
    ids: dict[Any, set[int]] = {}
    found = []
    for page in pages.select_related("content_type"):
        model = page.specific_class
        if model is not None and model not in ids:
            ids[model] = set(model._default_manager.filter(pk__in=pages.values("pk")).values_list("pk", flat=True))
        if model is None or page.pk not in ids[model]:
            sentence = _("“%(title)s” cannot be read: a part of it is gone. Delete it and write it again.")
            found.append(Fault("unreadable", sentence % {"title": page.title}))
    return found
