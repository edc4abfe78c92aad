"""Two municipalities with staff. In the other one's rows a marker stands wherever a word can stand."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.images import ImageFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Picture
from wagtail.admin.models import EditingSession
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.snippets.models import get_snippet_models

from cards.ledger.models import CountChange
from cards.offers.models import Redemption
from cards.offers.telling import Claim, tell
from directory.activities.models import Session
from directory.agencies.models import Agency, AgencyRole
from directory.merging.models import Comparison
from directory.municipalities.actions import appoint
from directory.municipalities.models import Feature, Municipality, StaffRole
from directory.municipalities.tenancy import TenantViewSet
from directory.places.models import OpeningTime
from directory.proposals.models import SavedAnswer
from directory.providers.models import AccessRequest
from directory.reports.models import ErrorReport
from directory.sources.models import ImportRun
from portal.accounts.models import User
from portal.contact.models import Enquiry, Notice, Wish
from portal.newsletters.models import Newsletter, Sender
from portal.usage.models import DailySum, What
from portal.usage.queries import last_day
from tests.factories.cards import (
    make_agreement,
    make_card,
    make_card_type,
    make_offer,
    make_programme,
    make_quota,
    make_settlement,
    make_stock,
    make_till,
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
)
from tests.made_before import made_before
from tests.whole_file import rows_for_a_file

MARK = "Zxqvmerke"  # no word of any language, and no part of one


@dataclass
class Town:
    """A municipality, a coordinator of it, and one row of every model that has staff screens."""

    municipality: Municipality
    staff: User
    rows: dict[type[Any], Any] = field(default_factory=dict)
    image: Any = None
    document: Any = None
    session: Any = None
    request: Any = None
    other: Any = None  # a second provider
    comparison: Any = None

    def row(self, name: str) -> Any:
        return next(row for model, row in self.rows.items() if model.__name__ == name)


def picture(title: str, town: Municipality) -> Image:
    file = io.BytesIO()
    Picture.new("RGB", (8, 8), "red").save(file, "PNG")
    return Image.objects.create(title=title, file=ImageFile(file, name="p.png"), collection=town.collection)


# One row of each model with staff screens. A new screen needs a line here, and is then walked with the others.
MAKERS: dict[str, Callable[[Town, str], Any]] = {
    "Category": lambda town, mark: CategoryFactory(municipality=town.municipality, name_nb=mark, slug=mark.lower()),
    "TargetGroup": lambda town, mark: TargetGroupFactory(municipality=town.municipality, name_nb=mark, slug=mark.lower()),
    "Adaptation": lambda town, mark: AdaptationFactory(municipality=town.municipality, name_nb=mark, slug=mark.lower()),
    "District": lambda town, mark: DistrictFactory(municipality=town.municipality, name_nb=mark, slug=mark.lower()),
    "Season": lambda town, mark: SeasonFactory(
        municipality=town.municipality, name_nb=mark, slug=mark.lower(), starts=date(2026, 6, 20), ends=date(2026, 8, 15)
    ),
    "Provider": lambda town, mark: ProviderFactory(
        municipality=town.municipality, name_nb=mark, email=f"{mark.lower()}@example.org"
    ),
    "Place": lambda town, mark: PlaceFactory(
        municipality=town.municipality,
        name_nb=mark,
        opening_times=[OpeningTime(weekday=1, opens="10:00", closes="12:00", note=mark)],
    ),
    "Activity": lambda town, mark: ActivityFactory(
        municipality=town.municipality,
        name_nb=mark,
        provider=town.row("Provider"),
        sessions=[Session(weekday=2, starts="18:00", place=town.row("Place"), note=mark)],
    ),
    "SupportScheme": lambda town, mark: SupportSchemeFactory(municipality=town.municipality, name_nb=mark),
    "Membership": lambda town, mark: MembershipFactory(
        provider=town.row("Provider"), user=User.objects.create_user(f"{mark.lower()}-member@example.org", name=mark)
    ),
    "ErrorReport": lambda town, mark: ErrorReport.objects.create(
        municipality=town.municipality,
        kind="provider",
        listing_id=town.row("Provider").pk,
        listing_name=mark,
        topic="time",
        text=mark,
    ),
    "ImportRun": lambda town, mark: ImportRun.objects.create(
        municipality=town.municipality, file_name=f"{mark}.csv", source_name=mark, source_date=date(2026, 1, 1)
    ),
    "Enquiry": lambda town, mark: Enquiry.objects.create(
        municipality=town.municipality, listing_name=mark, text=mark, state="held", created_at=timezone.now()
    ),
    "Notice": lambda town, mark: Notice.objects.create(
        municipality=town.municipality,
        kind="looking",
        title=mark,
        text=mark,
        lang="nb",
        until=timezone.localdate(),
        provider=town.row("Provider"),
        created_at=timezone.now(),
        changed_at=timezone.now(),
    ),
    "Wish": lambda town, mark: Wish.objects.create(
        municipality=town.municipality, text=mark, lang="nb", day=timezone.localdate(), words="waiting"
    ),
    "Agency": lambda town, mark: Agency.objects.create(municipality=town.municipality, name_nb=mark, offers_nb=mark),
    "SavedAnswer": lambda town, mark: SavedAnswer.objects.create(municipality=town.municipality, name=mark, text_nb=mark),
    "Sender": lambda town, mark: Sender.objects.create(
        municipality=town.municipality, name=mark, reply_to=f"{mark.lower()}@example.org"
    ),
    "Newsletter": lambda town, mark: Newsletter.objects.create(
        municipality=town.municipality, sender=town.row("Sender"), subject_nb=mark, in_archive=True
    ),
    "Programme": lambda town, mark: make_programme(town.municipality, name_nb=mark, intro_nb=mark, slug=mark.lower()),
    "ProgrammeYear": lambda town, mark: town.row("Programme").years.get(),
    "ProviderAgreement": lambda town, mark: make_agreement(town.row("Programme"), town.row("Provider"), terms=mark),
    "Offer": lambda town, mark: make_offer(town.row("ProviderAgreement"), title_nb=mark, note_nb=mark, quantity=20),
    "Stock": lambda town, mark: make_stock(town.row("Offer"), funder=mark),
    "CardType": lambda town, mark: make_card_type(town.row("ProgrammeYear"), lines=[(town.row("Offer"), 3)], name=mark),
    "Device": lambda town, mark: make_till(town.row("Provider"), name=mark)[0],
    "AgencyQuota": lambda town, mark: make_quota(town.row("Agency"), town.row("CardType")),
    "Batch": lambda town, mark: make_batch(town, mark),
    "Redemption": lambda town, mark: make_disputed(town),
    "Settlement": lambda town, mark: make_settlement(town.row("ProviderAgreement"), objection=mark),
    "CountChange": lambda town, mark: CountChange.objects.create(
        what="offer", ref=town.row("Offer").pk, kind="raise", before=1, after=2, reason=mark, at=timezone.now()
    ),
    "Municipality": lambda town, mark: town.municipality,
    "StaffRole": lambda town, mark: StaffRole.objects.get(user=town.staff, municipality=town.municipality),
}


def make_batch(town: Town, mark: str) -> Any:
    """A card that the coordinator handed out."""
    card, _code = make_card(town.row("CardType"))
    card.batch.purpose = mark
    card.batch.save()
    return card.batch


def make_disputed(town: Town) -> Any:
    """A use that a till told of later, though the agreement does not let it."""
    _card, code = make_card(town.row("CardType"))
    till, _token = make_till(town.row("Provider"))
    at, key = timezone.now(), uuid4().hex
    claim = Claim(key=key, number=1, offer=town.row("Offer").pk, shown=code, at=at, knew=at)
    (told,) = tell(device=till, claims=[claim], at=at)
    return Redemption.objects.get(mark=told.mark)


def furnish(town: Town, mark: str) -> Town:
    """Fill a town; listings have a draft that waits for approval and an entry in the log."""
    town.municipality.features = [Feature.CARDS]
    town.municipality.save()
    models = {model.__name__: model for model in get_snippet_models() if isinstance(model.snippet_viewset, TenantViewSet)}
    missing = set(models) - set(MAKERS)
    assert not missing, f"New staff screens: add a row of {missing} to MAKERS, so that they are walked."
    for name in (name for name in MAKERS if name in models):
        row = town.rows[models[name]] = MAKERS[name](town, mark)
        if hasattr(row, "get_workflow"):
            row.save_revision(user=town.staff, log_action="wagtail.edit")
            row.get_workflow().start(row, town.staff)
    for what in (What.UNMET, What.WORDS):
        DailySum.objects.create(municipality=town.municipality, day=last_day(), what=what, key=mark.lower(), count=50)
    town.request = AccessRequest.objects.create(
        municipality=town.municipality,
        user=User.objects.create_user(f"{mark.lower()}-asks@example.org", name=mark),
        name=mark,
        message=mark,
        created_at=timezone.now(),
    )
    town.other = ProviderFactory(municipality=town.municipality, name_nb=f"{mark} to")
    town.comparison = Comparison.objects.create(
        municipality=town.municipality,
        kind="provider",
        kept_id=town.row("Provider").pk,
        other_id=town.other.pk,
        names=mark,
        outcome=Comparison.Outcome.MERGED,
        at=timezone.now(),
    )
    AgencyRole.objects.create(agency=town.row("Agency"), user=town.request.user)
    town.image = picture(mark, town.municipality)
    town.document = Document.objects.create(title=mark, file="nothing.pdf", collection=town.municipality.collection)
    page = town.municipality.site.root_page
    page.save_revision(user=town.staff)
    town.session = EditingSession.objects.create(
        user=town.staff, content_type=ContentType.objects.get_for_model(page), object_id=str(page.pk), last_seen_at=timezone.now()
    )
    return town


@made_before
def make_here() -> Town:
    municipality = default_municipality()
    return Town(municipality, make_staff(municipality, "kari@example.org"))


@made_before
def make_there() -> Town:
    municipality = make_municipality("3907", MARK)
    staff = make_staff(municipality, f"{MARK.lower()}@example.org")
    User.objects.filter(pk=staff.pk).update(name=MARK)
    staff.refresh_from_db()
    return furnish(Town(municipality, staff), MARK)


def read_again(town: Town) -> Town:
    """A town whose rows nobody has changed in memory."""

    def anew(value: Any) -> Any:
        if isinstance(value, dict):
            return {model: anew(row) for model, row in value.items()}
        return type(value)._default_manager.get(pk=value.pk)

    return Town(**{part.name: anew(getattr(town, part.name)) for part in fields(town)})


@pytest.fixture(scope="module")
def towns_of_the_file(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Town, Town]]:
    """Larvik with rows of its own, and the other municipality: for files of which every test may have both."""
    with rows_for_a_file(django_db_blocker):
        here = furnish(make_here(), "Larvikting")
        yield here, make_there()


@pytest.fixture
def here(db: Any) -> Town:
    """Larvik, whose staff sit at the screen."""
    return make_here()


@pytest.fixture
def there(here: Town) -> Town:
    """Another municipality, full of what Larvik's staff must not see."""
    return make_there()


@pytest.fixture
def own(here: Town) -> Town:
    """Larvik with rows of its own."""
    return furnish(here, "Larvikting")


@pytest.fixture
def kari(here: Town, client: Client) -> Client:
    """The browser of Larvik's coordinator."""
    client.force_login(here.staff)
    return client


@pytest.fixture
def boss(here: Town) -> Client:
    """The browser of who runs the installation."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("boss@example.org"))
    return browser


def editor_of(*towns: Municipality) -> User:
    """Somebody who works for several municipalities, as editor."""
    user = User.objects.create_user("both@example.org")
    for town in towns:
        appoint(user=user, municipality=town, role=StaffRole.Role.EDITOR)
    return user
