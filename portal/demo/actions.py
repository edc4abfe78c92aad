"""Filling an empty database with the demo towns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import Image
from wagtail.models import Collection, Page, Site

from directory.activities.models import Activity
from directory.geography.boundaries import boundary_of
from directory.listings.actions import give_labels
from directory.municipalities.actions import appoint, set_up_municipality
from directory.municipalities.models import Municipality
from directory.providers.models import Membership, Provider
from directory.reports.models import ErrorReport
from portal.accounts.models import User
from portal.demo.agencies import add_agencies
from portal.demo.calendar import add_calendar
from portal.demo.cards import add_cards
from portal.demo.contact import add_contact
from portal.demo.desk import add_desk
from portal.demo.freshness import add_freshness
from portal.demo.look import give_look
from portal.demo.newsletters import add_newsletters
from portal.demo.pages import add_pages
from portal.demo.people import SIGN_IN
from portal.demo.pictures import SCENES, draw, draw_logo
from portal.demo.proposals import add_proposals
from portal.demo.town import Pictures, Town
from portal.demo.translating import tell_translations
from portal.demo.usage import add_usage
from portal.kit.refusals import refuse_if
from portal.pages.models import HomePage

Tell = Callable[[str], None]


class Why(TextChoices):
    """Why no demo town is made."""

    NOT_EMPTY = "not-empty", _("This database holds municipalities of its own. A demo town is made only in an empty one.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is made for one municipality."""

    number: str
    name: str
    languages: tuple[str, ...]
    providers: int
    places: int
    activities: int
    schemes: int
    suffix: str = ""


PLANS = (
    Plan("3909", "Larvik", ("nb", "en", "uk", "ar", "so", "ti", "pl"), 320, 60, 600, 12),
    Plan("3907", "Sandefjord", ("nb", "en", "uk", "ar", "pl"), 40, 17, 76, 5, " Sandefjord"),
    Plan("4001", "Porsgrunn", ("nb", "en", "ar", "so"), 40, 17, 76, 5, " Porsgrunn"),
)


def there_is_a_demo_town() -> bool:
    """Whether a demo town is loaded here."""
    return Municipality.objects.filter(is_demo=True).exists()


def make_demo_town(*, today: date, say: Tell = lambda line: None) -> bool:
    """Make the demo towns as they look on `today`. Returns False, and changes nothing, where they are there."""
    if there_is_a_demo_town():
        return False
    refuse_if(Why.NOT_EMPTY if Municipality.objects.exists() else None)
    # A name without language is the Norwegian one, whatever the caller speaks.
    say("Drawing pictures …")
    drawn = draw_scenes()
    with translation.override("nb"), quietly(), transaction.atomic():
        pictures = keep_pictures(drawn)
        towns = []
        for order, plan in enumerate(PLANS):
            say(f"Building {plan.name} …")
            municipality = set_up(plan, is_default=order == 0)
            town = Town(
                municipality,
                today=today,
                providers=plan.providers,
                places=plan.places,
                activities=plan.activities,
                schemes=plan.schemes,
                pictures=pictures,
                first_number=order * 20_000,
                suffix=plan.suffix,
            )
            town.make()
            add_calendar(municipality, town)
            add_pages(municipality, town)
            give_look(municipality)
            add_staff_work(municipality, town)
            add_usage(municipality, town)
            add_newsletters(municipality, town)
            add_desk(municipality, town)
            add_contact(municipality, town)
            add_freshness(municipality, town)
            add_agencies(municipality, town, people=order == 0)
            add_proposals(municipality, town)
            towns.append((municipality, town))
        add_people()
        say("Handing out cards …")
        add_cards(towns, today=today)
        tell_translations(today=today)
    return True


@contextmanager
def quietly() -> Iterator[None]:
    """Letters that workflows send are thrown away while the town is built, and the log tells of no page and no draft."""
    before, log = settings.EMAIL_BACKEND, logging.getLogger("wagtail")
    level = log.level
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = before
        log.setLevel(level)


def set_up(plan: Plan, *, is_default: bool) -> Municipality:
    """The municipality with its front page, site, labels and boundary."""
    root = Page.get_first_root_node()
    page = root.add_child(
        instance=HomePage(
            title=plan.name,
            slug=plan.name.lower(),
            heading_nb="Hva har du lyst til å gjøre?",
            heading_en="What would you like to do?",
            heading_uk="Чим би ви хотіли зайнятися?",
            heading_ar="ماذا تحب أن تفعل؟",
            heading_so="Maxaad jeceshahay inaad samayso?",
            heading_ti="እንታይ ክትገብሩ ደስ ይብለኩም?",
            heading_pl="Na co masz ochotę?",
            intro_nb=f"Foreninger, møteplasser og gratis aktiviteter i {plan.name}.",
            intro_en=f"Associations, meeting places and free activities in {plan.name}.",
            intro_uk=f"Товариства, місця зустрічі та безкоштовні заняття: {plan.name}.",
            intro_ar=f"جمعيات وأماكن لقاء وأنشطة مجانية في {plan.name}.",
            intro_so=f"Ururro, goobo kulan iyo hawlo bilaash ah oo {plan.name} ah.",
            intro_ti=f"ማሕበራት፡ መራኸቢ ቦታታትን ናጻ ንጥፈታትን ኣብ {plan.name}።",
            intro_pl=f"Stowarzyszenia, miejsca spotkań i bezpłatne zajęcia: {plan.name}.",
        )
    )
    address = urlsplit(settings.SITE_URL)
    host = address.hostname or "127.0.0.1"
    if not is_default:
        host = f"{plan.name.lower()}.{'localhost' if settings.SITE_IS_LOCAL else host}"
    boundary = boundary_of(plan.number)
    if boundary is None:
        raise ValueError(f"no boundary for {plan.number}")
    municipality = set_up_municipality(
        number=plan.number,
        name=plan.name,
        host=host,
        port=settings.SITE_PORT,
        root=page,
        is_default=is_default,
        languages=list(plan.languages),
        boundary={"type": boundary.geojson["type"], "coordinates": boundary.geojson["coordinates"]},
        lat=round(boundary.middle[0], 5),
        lon=round(boundary.middle[1], 5),
        contact_email=f"{plan.name.lower()}@example.org",
    )
    Municipality.objects.filter(pk=municipality.pk).update(is_demo=True)
    municipality.is_demo = True
    give_labels(municipality=municipality)
    if is_default:
        remove_welcome_page()
    return municipality


def remove_welcome_page() -> None:
    """Wagtail's first migration leaves a page that says hello; nobody is to find it."""
    used = Site.objects.values_list("root_page", flat=True)
    for page in Page.objects.filter(depth=2, slug="home", content_type__model="page").exclude(pk__in=used):
        page.delete()


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────
def draw_scenes() -> dict[tuple[str, int], bytes]:
    """Every scene in its palettes. Shrinking and packing run beside drawing."""
    wanted = [(scene, variant) for scene, found in SCENES.items() for variant in range(len(found.palettes))]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(wanted, pool.map(lambda pair: draw(*pair), wanted), strict=True))


def keep_pictures(drawn: dict[tuple[str, int], bytes]) -> Pictures:
    """The drawn scenes in the library that all municipalities share, and a maker of logos."""
    collection = Collection.get_first_root_node()
    scenes: dict[str, list[Image]] = {}
    for (scene, variant), data in drawn.items():
        image = keep(f"demo-{scene}-{variant + 1}.jpg", SCENES[scene].alt["en"], data, (1200, 800), collection)
        scenes.setdefault(scene, []).append(image)
    return Pictures(
        scenes, lambda name: keep(f"demo-logo-{len(name)}.png", f"Logo: {name}", draw_logo(name), (240, 240), collection)
    )


def keep(file: str, title: str, data: bytes, size: tuple[int, int], collection: Collection) -> Image:
    """Save a drawn picture in Wagtail's library."""
    image = Image(title=title, collection=collection, file_size=len(data))
    image.file.save(file, ContentFile(data), save=False)
    image.width, image.height = size
    image.save()
    return image


# ── people and work ─────────────────────────────────────────────────────────────────────────────────────────
def add_people() -> None:
    """Who signs in: one runs the installation, one coordinates each municipality, one edits three associations."""
    municipalities = {m.name: m for m in Municipality.objects.filter(is_demo=True)}
    for email, who in SIGN_IN:
        name = email.split("@")[0].capitalize() + " Demo"
        if email.startswith("admin"):
            User.objects.create_superuser(email, name=name)
            continue
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
        if (municipality := municipalities.get(who.rpartition(", ")[2])) and who.startswith("Coordinator"):
            appoint(user=user, municipality=municipality)


def add_staff_work(municipality: Municipality, town: Town) -> None:
    """What waits for staff: proposals by associations, reports from visitors; and a few who edit their own pages."""
    chance = Random(f"work:{municipality.number}")
    editor, _new = User.objects.get_or_create(email="editor@example.org", defaults={"name": "Editor Demo"})
    editor.set_unusable_password()
    editor.save()
    associations = [made.row for made in town.providers if made.row.kind == Provider.ProviderKind.ASSOCIATION]
    many = 8 if len(associations) > 100 else 2
    for n, provider in enumerate(chance.sample(associations, many)):
        if municipality == Municipality.objects.filter(is_demo=True).order_by("pk").first() and n < 3:
            member = editor
        else:
            email = f"medlem{n + 1}.{municipality.slug}@example.org"
            member, _new = User.objects.get_or_create(email=email, defaults={"name": f"Medlem {n + 1} Demo"})
        Membership.objects.create(user=member, provider=provider, role=Membership.Role.EDITOR)
        if n % 2 == 0:
            activity = Activity.objects.filter(provider=provider).order_by("pk").first()
            propose(provider if n % 4 == 0 or activity is None else activity, by=member, n=n)
    add_reports(municipality, town, chance)


_PROPOSALS = (
    (
        "Vi har fått nytt lokale, og alle er velkomne på åpent hus.",
        "Vi har flyttet til større rom med heis. Kom innom på åpent hus første lørdag i måneden.",
    ),
    (
        "Nå med egen gruppe for nybegynnere.",
        "Fra neste måned starter vi en rolig gruppe for dem som aldri har prøvd. De to første gangene er gratis.",
    ),
    ("Gratis for alle under 18 år.", "Styret har vedtatt at barn og unge ikke betaler. Si fra hvis dere trenger utstyr."),
    ("Vi søker to nye ledere.", "Har du lyst til å lede en gruppe sammen med en av oss? Du får kurs og mye takk."),
)


def propose(listing: Any, *, by: User, n: int) -> None:
    """An association's proposal that waits for approval; the public page stays as it is."""
    draft = listing.get_latest_revision_as_object()
    draft.summary_nb, draft.description_nb = _PROPOSALS[n // 2 % len(_PROPOSALS)]
    draft.save_revision(user=by, log_action="wagtail.edit")
    draft.get_workflow().start(draft, by)


_REPORTS = (
    (ErrorReport.Topic.TIME, "Vi sto utenfor klokka seks, men det begynner visst halv sju nå.", "nb"),
    (ErrorReport.Topic.CONTACT, "Nobody answers on this number.", "en"),
    (ErrorReport.Topic.PRICE, "Det er gratis for søsken, det burde stå.", "nb"),
    (ErrorReport.Topic.PLACE, "المدخل من الجهة الأخرى للمبنى.", "ar"),
    (ErrorReport.Topic.CLOSED, "Gruppa sluttet før sommeren.", "nb"),
    (ErrorReport.Topic.OTHER, "Можна додати, що є дитячий куточок?", "uk"),
)


def add_reports(municipality: Municipality, town: Town, chance: Random) -> None:
    """Visitors' reports, the older ones dealt with."""
    rows = [made.row for made in town.activities]
    for n, (topic, text, lang) in enumerate(_REPORTS if len(rows) > 300 else _REPORTS[:2]):
        row = chance.choice(rows)
        report = ErrorReport.objects.create(
            municipality=municipality,
            kind=row.KIND,
            listing_id=row.pk,
            listing_name=row.name_nb,
            topic=topic,
            text=text,
            lang=lang,
        )
        at = timezone.make_aware(datetime.combine(town.today, time(9, 5))) - timedelta(days=2 + n * 4, minutes=n * 17)
        ErrorReport.objects.filter(pk=report.pk).update(created_at=at, handled_at=at + timedelta(days=1) if n >= 4 else None)
