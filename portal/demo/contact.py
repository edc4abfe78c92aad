"""What people write to each other in a demo town: questions, notices, a list of contacts, and a box full of wishes.

The same town on the same day gets the same. Who asks is invented: mail at example.org, telephones that begin with 00.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from directory.listings.models import Category
from directory.municipalities.models import District, Municipality
from directory.providers.models import Membership, Provider
from portal.contact.board.models import Notice, NoticeKind, NoticeReport
from portal.contact.enquiries.models import KEPT, AnswerBy, Channel, Enquiry, EnquiryState
from portal.contact.enquiries.rules import digest_of
from portal.contact.sharing.models import ContactConsent
from portal.contact.wishes.models import AgeBand, Wish, WordsState
from portal.demo.town import Town

# How many days ago, in which language, what, who, and whether it was answered.
QUESTIONS = (
    (1, "nb", "Hei! Har dere plass til en gutt på åtte år som aldri har prøvd før? Han er litt sjenert.", "Marte", AnswerBy.MAIL, False),
    (3, "uk", "Добрий день! Чи можна прийти подивитися перед тим, як записатися? Ми ще погано говоримо норвезькою.", "Олена", AnswerBy.MAIL, False),
    (6, "ar", "مرحبًا، هل يوجد وقت مخصص للنساء؟ وهل يمكن إحضار طفل صغير؟", "أمل", AnswerBy.PHONE, False),
    (15, "nb", "Når begynner nybegynnerkurset etter jul?", "", AnswerBy.MAIL, True),
    (24, "en", "Is there step-free access, and can a companion come along for free?", "Sam", AnswerBy.MAIL, True),
    (41, "so", "Ma jirtaa qof af Soomaali ku hadla oo aan wici karno?", "Hodan", AnswerBy.PHONE, True),
    (63, "nb", "Trenger vi eget utstyr, eller kan vi låne de første gangene?", "Jonas", AnswerBy.MAIL, True),
    (110, "nb", "", "", AnswerBy.MAIL, True),
    (150, "nb", "", "", AnswerBy.MAIL, True),
)  # fmt: skip
HELD = (
    ("Boost your club! We offer guest post and SEO service, see https://cheap-rank.example https://cheap-rank.example/2 https://cheap-rank.example/3", ["links", "selling"]),
    ("https://example.org/quiz", ["links"]),
)  # fmt: skip
NOTICES = (
    (NoticeKind.LOOKING, "Noen som har et trommesett til overs?", "Vi starter band for ungdom etter jul og mangler trommer. Vi henter gjerne.", "nb", 4, 50),
    (NoticeKind.PREMISES, "Ledig øvingsrom på tirsdager", "Rommet har plass til tjue, piano og kjøkken. Gratis for frivillige lag, dere vasker etter dere.", "nb", 9, 80),
    (NoticeKind.VOLUNTEERS, "Frivillige til nattravn i desember", "Vi går tre kvelder og trenger to til hver kveld. Opplæring gis.", "nb", 2, 30),
    (NoticeKind.LENDING, "Lån av stort partytelt, 6 × 9 meter", "Vi låner bort teltet når vi ikke bruker det selv. Tilhenger følger med.", "nb", 20, 120),
    (NoticeKind.OFFERING, "We can sing at your event", "Our choir sings in five languages. We come for coffee and cake.", "en", 12, 70),
    (NoticeKind.LOOKING, "Samarbeid om ferieaktiviteter?", "Vi planlegger en åpen uke i vinterferien og vil gjerne ha med flere lag.", "nb", 6, 45),
    (NoticeKind.OFFERING, "Førstehjelpskurs for trenere", "Vi holder kurs for ti om gangen, gratis for lag i kommunen.", "nb", 30, 90),
    (NoticeKind.LENDING, "Fem par truger", "Står på lager hos oss. Ta kontakt to dager før.", "nb", 33, 100),
)  # fmt: skip
WORDS = (
    ("Et sted å skate når det regner", "nb"), ("Mer tid i svømmehallen for jenter", "nb"), ("Gaming med andre, ikke bare hjemme", "nb"),
    ("Kor der man ikke må kunne noter", "nb"), ("A cricket team", "en"), ("مكان نطبخ فيه معًا", "ar"), ("Танці після школи", "uk"),
    ("Kubbadda cagta gabdhaha", "so"), ("Verksted der man kan skru sykkel", "nb"), ("Et sted å være på søndager", "nb"),
    ("Gratis musikkrom", "nb"), ("ናይ ስእሊ ክለብ", "ti"), ("Klatrevegg", "nb"), ("Leksehjelp med mat", "nb"), ("Dyreklubb", "nb"),
)  # fmt: skip


def add_contact(municipality: Municipality, town: Town) -> None:
    """All of it, for one town."""
    chance = Random(f"contact:{municipality.number}")
    large = len(town.activities) > 300
    now = timezone.make_aware(datetime.combine(town.today, time(9, 30)))
    kept = list(
        Membership.objects.filter(provider__municipality=municipality, role="editor")
        .select_related("user", "provider")
        .order_by("pk")
    )
    providers = [made.row for made in town.providers]
    add_enquiries(municipality, kept, chance, now, large=large)
    add_notices(municipality, kept, now, large=large)
    for provider in chance.sample(providers, min(len(providers), 60 if large else 12)):
        ContactConsent.objects.create(provider=provider, given_at=now - timedelta(days=chance.randint(5, 300)))
    add_wishes(municipality, chance, now, 420 if large else 90)


def add_enquiries(municipality: Municipality, kept: list[Membership], chance: Random, now: datetime, *, large: bool) -> None:
    """Questions to those whose pages somebody keeps, and two that were held back."""
    rows = []
    for n, member in enumerate(kept[: 4 if large else 1]):
        for days, lang, text, name, by, answered in QUESTIONS[n % 2 :: 1 if n == 0 else 3]:
            rows.append(
                question(municipality, member.provider, now - timedelta(days=days, hours=n), lang, text, name, by, answered)
            )
    others = [member.provider for member in kept]
    for text, suspicions in HELD if others else ():
        held = question(municipality, chance.choice(others), now - timedelta(hours=20), "en", text, "", AnswerBy.MAIL, False)
        held.state, held.suspicions, held.relayed_at, held.told_at = (
            EnquiryState.HELD,
            suspicions,
            None,
            now - timedelta(hours=19),
        )
        rows.append(held)
    if len(kept) > 1:
        letter = question(
            municipality,
            kept[0].provider,
            now - timedelta(days=2),
            "nb",
            "Skal vi dele buss til stevnet i februar?",
            "",
            AnswerBy.MAIL,
            False,
        )
        letter.channel, letter.from_provider, letter.from_user = Channel.PROVIDER, kept[1].provider, kept[1].user
        letter.name, letter.email = kept[1].user.get_full_name(), kept[1].user.email
        rows.append(letter)
    Enquiry.objects.bulk_create(rows)


def question(
    municipality: Municipality, provider: Provider, at: datetime, lang: str, text: str, name: str, by: str, answered: bool
) -> Enquiry:
    """One question; an old one is only counted."""
    erased = not text
    return Enquiry(
        municipality=municipality,
        channel=Channel.LISTING,
        kind=provider.KIND.value,
        listing_id=provider.pk,
        listing_name=str(provider)[:160],
        provider=provider,
        text=text,
        name=name,
        answer_by=by,
        email="" if erased or by == AnswerBy.PHONE else "spoersmaal@example.org",
        phone="" if erased or by == AnswerBy.MAIL else "00 00 00 77",
        lang=lang,
        digest="" if erased else digest_of(text),
        created_at=at,
        relayed_at=at + timedelta(minutes=1),
        answered_at=at + timedelta(days=1) if answered else None,
        erased_at=at + KEPT if erased else None,
    )


def add_notices(municipality: Municipality, kept: list[Membership], now: datetime, *, large: bool) -> None:
    """Notices of those who keep pages; one of them was reported."""
    parts: list[Any] = list(municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).order_by("pk"))
    made = []
    for n, (kind, title, text, lang, ago, hangs) in enumerate(NOTICES if large else NOTICES[:3]):
        if not kept:
            return
        member = kept[n % len(kept)]
        at = now - timedelta(days=ago)
        made.append(
            Notice.objects.create(
                municipality=municipality,
                kind=kind,
                title=title,
                text=text,
                lang=lang,
                district=parts[n % len(parts)] if parts and n % 3 else None,
                until=timezone.localdate(now) + timedelta(days=hangs),
                provider=member.provider,
                author=member.user,
                created_at=at,
                changed_at=at,
            )
        )
    if large:
        NoticeReport.objects.create(
            notice=made[-1], user=kept[0].user, text="Disse er lånt bort for lengst.", created_at=now - timedelta(days=1)
        )


def add_wishes(municipality: Municipality, chance: Random, now: datetime, many: int) -> None:
    """Wishes of a year, some with words; most words have been looked at."""
    categories: list[Any] = list(Category.objects.filter(municipality=municipality, parent=None).order_by("position", "pk"))
    parts: list[Any] = list(municipality.districts.filter(kind=District.Kind.NEIGHBOURHOOD).order_by("pk"))
    weights = [14, 22, 6, 1, 1, 4, 3, 9, 12, 5][: len(categories)]
    ages = [AgeBand.SIX, AgeBand.TEN, AgeBand.THIRTEEN, AgeBand.SIXTEEN, AgeBand.TWENTY, AgeBand.UNSAID]
    today = timezone.localdate(now)
    rows = []
    for n in range(many):
        text, lang = WORDS[n // 12 % len(WORDS)] if n % 12 == 0 and n // 12 < len(WORDS) else ("", "nb")
        state = WordsState.NONE if not text else WordsState.WAITING if n % 48 == 0 else WordsState.SHOWN
        rows.append(
            Wish(
                municipality=municipality,
                category=chance.choices(categories, weights)[0] if n % 9 else None,
                text=text,
                lang=lang,
                age_band=chance.choices(ages, [4, 6, 7, 4, 1, 2])[0],
                district=chance.choice(parts) if parts and n % 5 else None,
                day=today - timedelta(days=chance.randint(0, 200) if text else chance.randint(0, 330)),
                words=state,
            )
        )
    Wish.objects.bulk_create(rows)
