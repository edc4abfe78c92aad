"""A municipality with a row of every model that is exported."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone, translation
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log
from wagtail.models import Collection, Page, PageViewRestriction

from cards.ledger import guards
from cards.ledger.models import CountChange
from cards.offers.approved import values_of
from cards.offers.models import Offer, UseSum
from cards.programmes.models import LineSum
from directory.activities.models import Session
from directory.listings.models import MovedListing
from directory.municipalities.models import Municipality
from directory.places.models import OpeningTime
from directory.reports.models import ErrorReport
from directory.sources.models import ImportedListing, ImportRow, ImportRun
from portal.accounts.models import User
from portal.leaving import scope as scopes
from portal.leaving.scope import Scope, every, has_numbers, label_of
from portal.leaving.writing import Exported, export_municipality, survey
from portal.pages.look import SiteLook
from portal.pages.menu import MenuItem
from tests.factories.anything import row_of
from tests.factories.cards import (
    make_agency,
    make_agreement,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_stock,
)
from tests.factories.directory import (
    ActivityFactory,
    AdaptationFactory,
    CategoryFactory,
    DistrictFactory,
    MembershipFactory,
    PlaceFactory,
    ProviderFactory,
    SeasonFactory,
    SupportSchemeFactory,
    TargetGroupFactory,
    default_municipality,
    make_municipality,
    make_staff,
    org_number,
)
from tests.factories.pages import document, every_page, home_of, picture
from tests.whole_file import rows_for_a_file

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEPT = {"django_content_type", "auth_permission", "django_migrations", "wagtailcore_locale"}


@dataclass
class Town:
    """A municipality and what tests ask for by name."""

    municipality: Municipality
    staff: User
    rows: dict[str, Any]


def furnish(municipality: Municipality) -> Town:
    """Every kind of row that points at another, made as the product makes them; then one of every model that is left."""
    staff = make_staff(municipality, f"stab-{municipality.number}@example.org")
    parent = CategoryFactory(municipality=municipality, slug="idrett", name_nb="Idrett", name_ar="رياضة")
    child = CategoryFactory(municipality=municipality, slug="fotball", name_nb="Fotball", parent=parent)
    target = TargetGroupFactory(municipality=municipality, slug="barn")
    adaptation = AdaptationFactory(municipality=municipality, slug="trinnfritt")
    district = DistrictFactory(municipality=municipality, slug="torstrand", postcodes=["3256"])
    season = SeasonFactory(municipality=municipality, slug="sommer", starts=timezone.localdate(), ends=timezone.localdate())
    own, shared = picture(municipality, "Eget bilde"), picture(municipality, "Felles bilde")
    shared.collection = Collection.get_first_root_node()
    shared.tags.add("natur")
    shared.save()
    provider = ProviderFactory(
        municipality=municipality,
        name_nb="Bjørkelia IL",
        name_ar="نادي",
        summary_nb='=1+1 og, en "til"\nlinje',
        org_number=org_number(1),
        contact_name="Kari Nordmann",
        email="kari@example.org",
        image=own,
        logo=shared,
        categories=[parent, child],
        districts=[district],
        confirmed_by=staff,
        confirmed_at=timezone.now(),
    )
    place = PlaceFactory(
        municipality=municipality,
        name_nb="Hallen",
        provider=provider,
        image=shared,
        opening_times=[OpeningTime(weekday=1, opens="10:00", closes="12:00", note="ring på")],
    )
    activity = ActivityFactory(
        municipality=municipality,
        name_nb="Fotball for jenter",
        provider=provider,
        categories=[child],
        targets=[target],
        adaptations=[adaptation],
        places=[place],
        seasons=[season],
        sessions=[Session(weekday=2, starts="18:00", place=place, cancelled=["2026-12-24"])],
        price="125.00",
        age_from=6,
    )
    scheme = SupportSchemeFactory(municipality=municipality, name_nb="Kontingentkassa", provider=provider)
    gone = ProviderFactory(municipality=municipality, name_nb="Borte")
    log(gone, "wagtail.delete", user=staff, deleted=True)
    gone_pk = gone.pk
    gone.delete()
    member = MembershipFactory(provider=provider).user
    for row in (provider, activity, place):
        draft = row.get_latest_revision_as_object()
        draft.summary_nb = "Et forslag"
        draft.save_revision(user=member, log_action="wagtail.edit")
        draft.get_workflow().start(draft, member)
    pages = every_page(municipality, season=season, scheme=scheme)
    text = Page.objects.get(pk=pages["text page"].pk).specific
    text.save_revision(user=staff, log_action="wagtail.edit")
    home = home_of(municipality)
    home.save_revision(user=staff).publish()
    PageViewRestriction.objects.create(page=text, restriction_type="login")
    Redirect.objects.create(old_path="/gammel", site=municipality.site, redirect_page=text)
    MenuItem.objects.create(municipality=municipality, label_nb="Om", page=text)
    SiteLook.objects.update_or_create(municipality=municipality, defaults={"accent": "#0a6660", "logo": shared})
    for pk, name in ((activity.pk, "Fotball for jenter"), (gone_pk, "Borte")):
        ErrorReport.objects.create(
            municipality=municipality,
            kind="activity" if pk == activity.pk else "provider",
            listing_id=pk,
            listing_name=name,
            topic="time",
            text="Feil tid",
            handled_by=staff,
        )
    MovedListing.objects.create(municipality=municipality, kind="provider", slug="gammelt", to_id=provider.pk, at=timezone.now())
    _import(municipality, staff, activity, place, child, provider)
    offer = _card(municipality, staff, provider, activity, child, target)
    town = Town(
        municipality,
        staff,
        {
            "provider": provider,
            "activity": activity,
            "place": place,
            "text": text,
            "own": own,
            "shared": shared,
            "member": member,
            "offer": offer,
        },
    )
    log(document(municipality, "brev.pdf"), "wagtail.create", user=staff)
    fill(municipality)
    return town


def _card(municipality: Municipality, staff: User, provider: Any, activity: Any, category: Any, target: Any) -> Offer:
    """A card scheme with all that its staff put in."""
    programme = make_programme(municipality, slug=f"kort-{municipality.number}", name_nb="Bjørkekortet", name_ar="بطاقة")
    offer = make_offer(make_agreement(programme, provider), activity=activity, quantity=40, released=30, title_nb="Ett bad")
    Offer.objects.filter(pk=offer.pk).update(approved_values=values_of(offer))
    stock = make_stock(offer, 12)
    card_type = make_card_type(programme.years.get(), lines=[(offer, 3), (category, 2)])
    card_type.targets.add(target)
    quota = make_quota(make_agency(municipality), card_type)
    for row, what in ((offer, "offer"), (stock, "stock"), (quota, "quota"), (card_type.lines.first(), "card-type-line")):
        CountChange.objects.create(what=what, ref=row.pk, kind="raise", before=1, after=2, reason="Flere barn", by=staff, at=AT)
    year = programme.years.get()
    LineSum.objects.create(year=year, municipality=municipality, offer=offer, issued=3, used=2)
    UseSum.objects.create(year=year, municipality=municipality, month=date(2020, 5, 1), card_type=card_type, tickets=15)
    return offer


def _import(municipality: Municipality, staff: User, activity: Any, place: Any, child: Any, provider: Any) -> None:
    folder = settings.PRIVATE_ROOT / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"liste-{municipality.number}.csv").write_bytes(b"Navn\nHallen\n")
    run = ImportRun.objects.create(
        municipality=municipality,
        by=staff,
        file_name="liste.csv",
        stored_as=f"liste-{municipality.number}.csv",
        source_name="Kulturkontoret",
        source_date=timezone.localdate(),
        state="done",
    )
    row = ImportRow.objects.create(
        run=run, number=2, cells={"Navn": "Fotball"}, verdict="new", candidate_kind="activity", candidate_pk=activity.pk
    )
    ImportedListing.objects.create(
        run=run,
        row=row,
        kind="activity",
        object_id=activity.pk,
        made=True,
        at=timezone.now(),
        after={
            "categories": [child.pk],
            "sessions": [[2, "18:00", None, "every", place.pk]],
            "provider": provider.pk,
            "price": "125.00",
        },
    )


def fill(municipality: Municipality) -> None:
    """A row of every exported model that has none yet."""
    for _round in range(3):
        scope = Scope(municipality)
        survey(scope)
        for model in scope.models:
            if model._meta.auto_created or model._meta.parents or scope.rows(model).exists():
                continue
            row_of(model, lambda target, scope=scope: _find(scope, target), points_at=_pair(scope, model))
        _fill_links(Scope(municipality))


def _find(scope: Scope, target: type[Model]) -> Any:
    town = scope.municipality
    own = {
        "directory.Municipality": town,
        "wagtailcore.Site": town.site,
        "auth.Group": town.staff_group,
        "wagtailcore.Workflow": town.workflow,
        "wagtailcore.Locale": None,
    }
    label = label_of(target)
    if own.get(label) is not None:
        return own[label]
    if label in scopes.LEFT_OUT:
        return every(target).first()
    return scope.rows(target).first() if scopes.is_taken(target) else None


def _pair(scope: Scope, model: type[Model]) -> dict[str, Any]:
    from portal.leaving.references import BY_KIND, pairs_of

    provider = scope.rows(scopes_model("directory.Provider")).first()
    found = dict.fromkeys(BY_KIND.get(label_of(model), {}), provider.pk)
    for column, content_type in pairs_of(model).items():
        found[column] = provider.pk
        found[content_type] = ContentType.objects.get_for_model(provider)
    return found


def scopes_model(label: str) -> type[Model]:
    """A model by its label."""
    return next(model for model in scopes.installed() if label_of(model) == label)


def _fill_links(scope: Scope) -> None:
    for model in scope.models:
        if model._meta.auto_created and has_numbers(model) and not scope.rows(model).exists():
            ends = {one.name: _find(scope, one.related_model) for one in model._meta.local_concrete_fields if not one.primary_key}
            if all(ends.values()):
                model.objects.create(**ends)  # type: ignore[attr-defined]


def folders(where: Path) -> dict[str, Path]:
    """Empty folders for uploaded files, by the setting that names them."""
    found = {name: where / name.lower() for name in ("MEDIA_ROOT", "PRIVATE_ROOT")}
    for folder in found.values():
        folder.mkdir()
    return found


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    """Uploaded files stand in a folder of this test's own."""
    for name, folder in folders(tmp_path).items():
        setattr(settings, name, folder)
    return tmp_path


@pytest.fixture(scope="module")
def town_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[Town, Path]]:
    """Larvik, and where its files are."""
    where = tmp_path_factory.mktemp("town")
    with rows_for_a_file(django_db_blocker):
        with override_settings(**folders(where)), translation.override("nb"):
            made = furnish(default_municipality())
        yield made, where


@pytest.fixture
def town(town_of_the_file: tuple[Town, Path], db: Any, files: Path) -> Town:
    """Larvik as if it had just been made."""
    made, where = town_of_the_file
    shutil.copytree(where, files, dirs_exist_ok=True)
    cache.clear()  # what the test before remembered of rows it took back
    return deepcopy(made)


@pytest.fixture
def neighbour(town: Town) -> Municipality:
    """Sandefjord, of which nothing may be seen in Larvik's file."""
    return furnish(make_municipality("3907", "Sandefjord")).municipality


def export(municipality: Municipality, path: Path) -> Exported:
    """Write the file at a fixed moment."""
    return export_municipality(municipality, path, at=AT)


def contents(path: Path) -> dict[str, bytes]:
    """Every file in it."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(path: Path, label: str) -> list[dict[str, Any]]:
    """The rows of a model."""
    return [json.loads(line) for line in contents(path)[f"rows/{label.lower()}.jsonl"].splitlines()]


def empty_everything(folder: Path) -> None:
    """A database as migrations leave it, and no files."""
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if table not in KEPT]
        emptied = [f'DELETE FROM "{table}"' for table in tables if not ("fts" in table or "search_post" in table)]  # noqa: S608
        # The guards of the cards let nobody delete a use.
        for sql in (*guards.down(connection.vendor), *emptied, *guards.up(connection.vendor)):
            cursor.execute(sql)
    empty_folders(folder)
    ContentType.objects.clear_cache()
    from search.engines import get_engine

    get_engine().rebuild(iter(()))


def empty_folders(folder: Path) -> None:
    """No file is left."""
    for name in ("media_root", "private_root"):
        shutil.rmtree(folder / name)
        (folder / name).mkdir()
