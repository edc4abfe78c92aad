"""Changing a municipality's site, and making one for a new municipality."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model, TextChoices
from django.http.request import validate_host
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log
from wagtail.models import Collection, Locale, Page, Site

from directory.geography.boundaries import boundary_of
from directory.geography.postcodes import Postcode, all_postcodes
from directory.listings.actions import give_labels
from directory.listings.models import fold
from directory.municipalities.actions import appoint, let_staff_write, set_up_municipality
from directory.municipalities.models import District, Municipality
from portal.accounts.models import User
from portal.kit.refusals import Refused, refuse_if
from portal.languages import CODES
from portal.pages.actions import fill_starter_pages, make_starter_pages
from portal.pages.look import SiteLook, renew_stamp
from portal.pages.menu import MenuItem
from portal.pages.models import HomePage

OF_MUNICIPALITY = ("contact_email", "languages", "checked_languages", "features")
OF_LOOK = ("accent", "brand", "neutral", "logo")
OF_TEXTS = tuple(name for code in CODES for name in (f"footer_{code}", f"contact_{code}"))


class Why(TextChoices):
    """Why a site is not made, or not changed."""

    NUMBER = "number", _("No municipality has the number %(number)s. Look it up and try again.")
    HOST = "host", _("“%(host)s” is no host name. Write it without https:// and without a path.")
    HOST_TAKEN = "host-taken", _("Another site answers at %(host)s already. Choose another host name.")
    HAS_SITE = "has-site", _("%(name)s has a site already, at %(host)s.")
    NAME_TAKEN = "name-taken", _("Another municipality is called %(name)s already. Give this one a name of its own.")
    LANGUAGE = "language", _("“%(code)s” is no language of the product. Choose among: %(known)s.")
    NORWEGIAN = "norwegian", _("Norwegian must be among the languages, bokmål (nb) or nynorsk (nn).")
    CHANGED = (
        "changed",
        _(
            "Somebody else has changed this since you opened it. What you wrote still stands here. Open this page in another"
            " window to see what is new, write it in here too where it should stay, and save once more."
        ),
    )


def look_for(municipality: Municipality) -> SiteLook:
    """The look of a municipality's site; made when there is none."""
    return SiteLook.objects.get_or_create(municipality=municipality)[0]


def mark_of_site(municipality: Municipality, look: SiteLook) -> str:
    """Stands for all that the form of a site shows: another one, once somebody has changed any of it."""
    rows: tuple[tuple[Model, Iterable[str]], ...] = (
        (municipality, OF_MUNICIPALITY),
        (look, ("accent", "brand", "neutral", "logo_id")),
    )
    return _mark([getattr(row, name) or "" for row, names in (*rows, (look, OF_TEXTS)) for name in names])


def mark_of_menu(municipality: Municipality) -> str:
    """Stands for the menu as it is."""
    columns = ("pk", "spot", "page_id", "fixed", "address", *(f"label_{code}" for code in CODES))
    return _mark(list(MenuItem.objects.filter(municipality=municipality).order_by("sort_order", "pk").values_list(*columns)))


def _mark(values: Any) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]


@transaction.atomic
def change_site(*, municipality: Municipality, values: Mapping[str, Any], by: User, seen: str | None = None) -> list[str]:
    """Write what was changed of a site, with an entry in the log for it. Returns the names of what changed.

    `seen`: the mark of what the form showed; it is refused when somebody has changed something since. Starter pages that
    nobody has rewritten get their texts in languages that are switched on.
    """
    municipality = Municipality.objects.select_for_update().get(pk=municipality.pk)
    look = look_for(municipality)
    refuse_if(Why.CHANGED if seen is not None and seen != mark_of_site(municipality, look) else None)
    changes: dict[str, list[Any]] = {}
    for row, names in ((municipality, OF_MUNICIPALITY), (look, (*OF_LOOK, *OF_TEXTS))):
        for name in names:
            before = getattr(row, name)
            if name in values and (before or "") != (values[name] or "") and before != values[name]:
                setattr(row, name, values[name])
                changes[name] = [str(before or ""), str(values[name] or "")] if name == "logo" else [before, values[name]]
    if changes:
        municipality.full_clean(exclude=["site", "workflow", "collection", "staff_group", "boundary"])
        municipality.save(update_fields=list(OF_MUNICIPALITY))
        if "languages" in changes and municipality.site:
            fill_starter_pages(municipality.site.root_page, municipality)
        look.save()
        log(instance=municipality, action="site.change", user=by, data={"changes": changes})
    return list(changes)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a menu to be written: one of page, fixed place and address is given."""

    spot: str
    page: int | None = None
    fixed: str = ""
    address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    pk: int | None = None  # of the item it was until now


@transaction.atomic
def change_menu(*, municipality: Municipality, entries: Iterable[Entry], by: User, seen: str) -> list[MenuItem]:
    """Replace the menu that somebody saw under the mark `seen`; refused when it has been changed since."""
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    refuse_if(Why.CHANGED if seen != mark_of_menu(municipality) else None)
    return write_menu(municipality=municipality, entries=entries, by=by)


@transaction.atomic
def write_menu(*, municipality: Municipality, entries: Iterable[Entry], by: User | None) -> list[MenuItem]:
    """Replace the menu of a municipality by `entries`, in their order. None at all: what every site begins with.

    An entry that was there stays the same row: what is known of its translations hangs on it.
    """
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    before = {item.pk: item for item in MenuItem.objects.filter(municipality=municipality)}
    items = []
    for order, entry in enumerate(entries):
        item = (before.pop(entry.pk, None) if entry.pk else None) or MenuItem(municipality=municipality)
        item.spot, item.sort_order = entry.spot, order
        item.page_id, item.fixed, item.address = entry.page, entry.fixed, entry.address
        for code in CODES:
            setattr(item, f"label_{code}", entry.labels.get(code))
        item.full_clean(exclude=["municipality", "label", *(f"label_{code}" for code in CODES)])
        item.save()
        items.append(item)
    MenuItem.objects.filter(pk__in=before).delete()
    renew_stamp(municipality.pk)
    if by is not None:
        log(instance=municipality, action="site.menu", user=by, data={"entries": [str(item) for item in items]})
    return items


# ── a site for a new municipality ───────────────────────────────────────────────────────────────────────────


HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of it."""

    municipality: Municipality
    is_new: bool
    notes: tuple[str, ...] = ()
    coordinator: User | None = None


@transaction.atomic
def open_site(
    *,
    number: str,
    host: str,
    name: str = "",
    languages: Iterable[str] = ("nb", "en"),
    coordinator: str = "",
    by: User | None = None,
) -> Opened:
    """Give a municipality all it needs to begin. Done again, it adds what lacks and changes nothing else."""
    codes = list(dict.fromkeys(languages))
    host, port = read_host(host)
    boundary = boundary_of(number)
    if boundary is None:
        raise Refused(Why.NUMBER, number=number)
    name = name.strip() or boundary.name
    for code in codes:
        refuse_if(Why.LANGUAGE if code not in CODES else None, code=code, known=", ".join(CODES))
    refuse_if(Why.NORWEGIAN if not {"nb", "nn"} & set(codes) else None)

    municipality = Municipality.objects.filter(number=number).first()
    is_new = municipality is None
    taken = Site.objects.filter(hostname=host, port=port, municipality__isnull=False).exclude(municipality__number=number)
    refuse_if(Why.HOST_TAKEN if taken.exists() else None, host=host)
    if municipality is not None and municipality.site and (municipality.site.hostname, municipality.site.port) != (host, port):
        refuse_if(Why.HAS_SITE, name=municipality.name, host=municipality.site.hostname)
    if municipality is None:
        slug = slugify(fold(name))
        refuse_if(Why.NAME_TAKEN if not slug or Municipality.objects.filter(slug=slug).exists() else None, name=name)
        Site.objects.filter(hostname=host, port=port, municipality=None).delete()  # Wagtail's own from its first migration
        municipality = set_up_municipality(
            number=number,
            name=name,
            slug=slug,
            host=host,
            port=port,
            root=front_page(name, slug),
            is_default=not Municipality.objects.exists(),
            languages=codes,
            checked_languages=[code for code in codes if code == "nb"],  # who else has checked what is theirs to say
            boundary={"type": boundary.geojson["type"], "coordinates": boundary.geojson["coordinates"]},
            lat=round(boundary.middle[0], 5),
            lon=round(boundary.middle[1], 5),
            contact_email=coordinator,
            # Among demo towns on one's own machine it is one more to try things in, and the sign-in links go on working.
            is_demo=settings.SITE_IS_LOCAL and Municipality.objects.filter(is_demo=True).exists(),
        )
    is_mended = mend_site(municipality, host, port)
    give_labels(municipality=municipality)
    give_districts(municipality)
    look_for(municipality)
    give_pages(municipality)
    user = None
    if coordinator:
        email = coordinator.strip().lower()
        user = User.objects.filter(email=email).first() or User.objects.create_user(email)
        appoint(user=user, municipality=municipality)
    if by is not None and (is_new or is_mended):
        log(instance=municipality, action="site.open", user=by, data={"host": host})
    return Opened(municipality, is_new, tuple(notes_on(host)), user)


def read_host(value: str) -> tuple[str, int]:
    """A host name, with or without a port, as browsers send it."""
    text = value.strip().lower().rstrip(".")
    plain, _colon, port = text.partition(":")
    try:
        plain = plain.encode("idna").decode("ascii") if plain else ""
    except UnicodeError:
        plain = ""
    good = HOST.fullmatch(plain) and (not port or (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536))
    refuse_if(None if good else Why.HOST, host=value)
    return plain, int(port) if port else settings.SITE_PORT


def notes_on(host: str) -> list[str]:
    """What is left for who runs the installation."""
    if validate_host(host, settings.ALLOWED_HOSTS):
        return []
    return [
        str(_("Add %(host)s to ALLOWED_HOSTS and point its name at this server; until then nobody reaches it.") % {"host": host})
    ]


def no_password_yet(user: User) -> str:
    """How a new coordinator gets in."""
    said = _(
        "%(mail)s cannot sign in yet. Set a password under “Settings” and “Users”, or with “manage.py changepassword %(mail)s”,"
        " and let them know it."
    )
    return str(said) % {"mail": user.email}


def front_page(name: str, slug: str) -> HomePage:
    """A front page below the root; the root is made again where an empty database has lost it."""
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    root = Page.get_first_root_node() or Page.add_root(title="Root", slug="root")
    taken = set(root.get_children().values_list("slug", flat=True))
    free = next(found for n in range(len(taken) + 1) if (found := f"{slug}-{n + 1}" if n else slug) not in taken)
    return root.add_child(instance=HomePage(title=name, slug=free))


def mend_site(municipality: Municipality, host: str, port: int) -> bool:
    """Make again what somebody has taken away by hand: the site, or the front page it starts at. Whether there was need to."""
    site = municipality.site
    if site is not None and HomePage.objects.filter(pk=site.root_page_id).exists():
        return False
    page = earlier_front_page(municipality) or front_page(municipality.name, municipality.slug)
    if site is None:
        Site.objects.filter(hostname=host, port=port, municipality=None).delete()
        is_default = not Site.objects.filter(is_default_site=True).exists()
        site = Site(hostname=host, port=port, site_name=municipality.name, is_default_site=is_default)
    site.root_page = page
    site.save()
    municipality.site = site
    municipality.save(update_fields=["site"])
    if municipality.staff_group:
        let_staff_write(municipality.staff_group, page)
    return True


def earlier_front_page(municipality: Municipality) -> Page | None:
    """The front page that the municipality's staff may write, where it still stands and no other site starts at it."""
    others = Site.objects.exclude(pk=municipality.site_id).values("root_page")
    own = Page.objects.filter(group_permissions__group=municipality.staff_group, content_type__model="homepage", depth=2)
    page = own.exclude(pk__in=others).order_by("path").first()
    if page is not None and not HomePage.objects.filter(pk=page.pk).exists():
        # Its own row is gone, with its texts; the pages below it are not.
        row = HomePage(page_ptr_id=page.pk)
        row.__dict__.update({name: value for name, value in page.__dict__.items() if name != "_state"})
        row.save_base(raw=True)
    return page


def give_districts(municipality: Municipality) -> None:
    """The postal towns as the first neighbourhoods, where there are several; staff draw finer ones when they like."""
    if municipality.districts.exists():
        return
    by_town: dict[str, list[Postcode]] = {}
    for code in all_postcodes().values():
        if code.municipality == municipality.number and code.has_streets:
            by_town.setdefault(code.town, []).append(code)
    if len(by_town) < 2:
        return
    for town, codes in sorted(by_town.items()):
        District.objects.create(
            municipality=municipality,
            name_nb=town,
            slug=slugify(fold(town))[:80],
            postcodes=sorted(code.code for code in codes),
            lat=round(sum(code.lat for code in codes) / len(codes), 5),
            lon=round(sum(code.lon for code in codes) / len(codes), 5),
        )


def give_pages(municipality: Municipality) -> None:
    """The pages every site begins with, in all its languages."""
    if municipality.site:
        root = municipality.site.root_page
        make_starter_pages(root, municipality)
        if fill_starter_pages(root, municipality):
            renew_stamp(municipality.pk)
