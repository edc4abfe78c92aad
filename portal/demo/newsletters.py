"""Newsletters of the demo town: one that has gone out in five languages, one that waits to be sent, and residents who subscribe."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from directory.municipalities.models import Feature, Municipality
from directory.providers.models import Provider
from portal.demo.town import Town
from portal.languages import NAMES
from portal.newsletters.actions import make_edition
from portal.newsletters.models import Delivery, Newsletter, Receiver, Sender, Subscription
from portal.newsletters.states import DeliveryState, LetterState

WITH_NEWSLETTERS = "3909"
LANGS = ("nb", "en", "uk", "ar", "pl")
SUBJECT = {
    "nb": "Søk om midler til ferieaktiviteter",
    "en": "Apply for money for holiday activities",
    "uk": "Подайте заявку на кошти для канікулярних занять",
    "ar": "قدّموا طلبًا للحصول على دعم لأنشطة العطلة",
    "pl": "Złóż wniosek o pieniądze na zajęcia w czasie ferii",
}
GLANCE = {
    "nb": "Frist om tre uker. Vi hjelper dere med søknaden.",
    "en": "Three weeks left. We help you with the application.",
    "uk": "Залишилося три тижні. Ми допоможемо із заявкою.",
    "ar": "بقي ثلاثة أسابيع. نساعدكم في كتابة الطلب.",
    "pl": "Zostały trzy tygodnie. Pomożemy w przygotowaniu wniosku.",
}
TEXT = {
    "nb": "<p>Kjære alle som lager aktiviteter for andre!</p><p>Nå kan dere søke om penger til gratis aktiviteter i ferien. "
    "Det viktigste er at <b>alle kan være med</b>, også de som ikke har utstyr.</p><ul><li>Fortell hva dere vil gjøre, og for hvem.</li>"
    "<li>Skriv hva det koster.</li><li>Søk gjerne sammen med et annet lag.</li></ul>",
    "en": "<p>Dear all who make activities for others!</p><p>You can now apply for money for free activities in the holidays. "
    "What matters most is that <b>everybody can join</b>, also those without equipment.</p><ul><li>Tell what you want to do, and for whom.</li>"
    "<li>Write what it costs.</li><li>Feel free to apply together with another association.</li></ul>",
    "uk": "<p>Шановні всі, хто організовує заняття для інших!</p><p>Тепер можна подати заявку на кошти для безкоштовних занять під час канікул. "
    "Найважливіше, щоб <b>могли долучитися всі</b>, також ті, хто не має спорядження.</p><ul><li>Розкажіть, що ви хочете робити і для кого.</li>"
    "<li>Напишіть, скільки це коштує.</li><li>Можна подавати заявку разом з іншим товариством.</li></ul>",
    "ar": "<p>أعزاءنا جميعًا ممن ينظمون أنشطة للآخرين!</p><p>يمكنكم الآن طلب المال لأنشطة مجانية في العطلة. "
    "الأهم أن <b>يستطيع الجميع المشاركة</b>، حتى من لا يملك المعدات.</p><ul><li>أخبرونا بما تريدون فعله ولمن.</li>"
    "<li>اكتبوا كم يكلف.</li><li>يمكنكم التقديم مع جمعية أخرى.</li></ul>",
    "pl": "<p>Drodzy Państwo, którzy organizujecie zajęcia dla innych!</p><p>Można już składać wnioski o pieniądze na bezpłatne zajęcia w czasie ferii. "
    "Najważniejsze, żeby <b>każdy mógł wziąć udział</b>, także ci, którzy nie mają sprzętu.</p><ul><li>Napiszcie, co chcecie zrobić i dla kogo.</li>"
    "<li>Napiszcie, ile to kosztuje.</li><li>Można złożyć wniosek razem z innym stowarzyszeniem.</li></ul>",
}
HEADINGS = {
    "nb": ("Hei!", "Frister", "Nytt fra kommunen", "Har dere plass til flere?"),
    "en": ("Hello!", "Deadlines", "News from the municipality", "Do you have room for more?"),
    "uk": ("Вітаємо!", "Терміни", "Новини громади", "Маєте місце для інших?"),
    "ar": ("مرحبا!", "المواعيد النهائية", "أخبار البلدية", "هل لديكم مكان للمزيد؟"),
    "pl": ("Dzień dobry!", "Terminy", "Nowości z gminy", "Macie miejsce dla kolejnych osób?"),
}
BUTTON = {
    "nb": "Se siden deres",
    "en": "See your page",
    "uk": "Переглянути вашу сторінку",
    "ar": "اعرض صفحتكم",
    "pl": "Zobacz swoją stronę",
}
LINE = {
    "nb": "Send inn rapport for gratis sommeraktiviteter",
    "en": "Send the report on free summer activities",
    "uk": "Надішліть звіт про безкоштовні літні заняття",
    "ar": "أرسلوا تقرير الأنشطة الصيفية المجانية",
    "pl": "Wyślij sprawozdanie z bezpłatnych zajęć letnich",
}
NEXT_SUBJECT = "Bli med på frivillighetens dag"
NEXT_TEXT = (
    "<p>Første lørdag neste måned står alle lag og foreninger på torget. Vi har telt, bord og strøm. Dere tar med det dere "
    "vil vise fram.</p><p>Svar på denne e-posten hvis dere vil ha bord.</p>"
)


def add_newsletters(municipality: Municipality, town: Town) -> None:
    """Fill the rooms of newsletters; one town uses them."""
    if municipality.number != WITH_NEWSLETTERS:
        return
    municipality.features = sorted({*municipality.features, Feature.NEWSLETTERS.value})
    municipality.save(update_fields=["features"])
    culture = Sender.objects.create(municipality=municipality, name="Kultur og frivillighet", reply_to="kultur@example.org")
    Sender.objects.create(municipality=municipality, name="Frivilligsentralen", reply_to="frivillig@example.org")
    send(sent_letter(municipality, culture, town), town)
    Newsletter.objects.create(
        municipality=municipality,
        sender=culture,
        subject_nb=NEXT_SUBJECT,
        body_nb=contents("next", ("heading", "Vi sees på torget"), ("text", NEXT_TEXT)),
        kinds=[Provider.ProviderKind.ASSOCIATION],
    )
    at = moment(town, 40)
    for n, (about, query, lang) in enumerate(
        (("news", "", "nb"), ("search", "free=1&kind=activity", "uk"), ("search", "q=kor", "nb"), ("news", "", "ar"))
    ):
        Subscription.objects.create(
            municipality=municipality,
            email=f"innbygger{n + 1}@example.org",
            lang=lang,
            about=about,
            query=query,
            created_at=at,
            confirmed_at=at,
            told_until=moment(town, 3),
        )


def moment(town: Town, days_ago: int) -> datetime:
    return timezone.make_aware(datetime.combine(town.today, time(10, 15))) - timedelta(days=days_ago)


def contents(seed: str, *parts: tuple[str, Any]) -> str:
    """Blocks as a column keeps them, with the same ids every time."""
    return json.dumps(
        [
            {"type": kind, "value": value, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}:{n}"))}
            for n, (kind, value) in enumerate(parts)
        ],
        ensure_ascii=False,
    )


def sent_letter(municipality: Municipality, sender: Sender, town: Town) -> Newsletter:
    """In five of the town's languages; the others read the next best."""
    texts: dict[str, Any] = {}
    day = (town.today + timedelta(days=21)).isoformat()
    for lang in LANGS:
        hello, deadlines, news, room = HEADINGS[lang]
        line = {"day": day, "text": LINE[lang], "address": ""}
        texts |= {f"subject_{lang}": SUBJECT[lang], f"glance_{lang}": GLANCE[lang]}
        texts[f"body_{lang}"] = contents(
            lang,
            ("heading", hello),
            ("text", TEXT[lang]),
            ("deadlines", {"heading": deadlines, "with_grants": True, "lines": [line]}),
            ("news", {"heading": news, "pages": [], "latest": "3"}),
            ("listings", {"heading": room, "question": "volunteers=1&kind=activity", "limit": "3"}),
            ("action", {"text": "", "label": BUTTON[lang], "page": None, "address": "/find/?kind=provider"}),
        )
    return Newsletter.objects.create(municipality=municipality, sender=sender, in_archive=True, slug="ferieaktiviteter", **texts)


def send(letter: Newsletter, town: Town) -> None:
    """What became of it two weeks ago. No worker and no mail server is needed to tell it."""
    chance = Random("newsletter:3909")
    at = moment(town, 14)
    # As `release` would, without a worker: the town's letter went out before there was a worker.
    Newsletter.objects.filter(pk=letter.pk).update(
        state=LetterState.SENT, created_at=at - timedelta(days=2), released_at=at, finished_at=at + timedelta(seconds=9)
    )
    letter.refresh_from_db()
    emails = sorted({made.row.email.lower() for made in town.providers if made.row.email})
    Receiver.objects.bulk_create(
        [Receiver(municipality=letter.municipality, email=email) for email in emails], ignore_conflicts=True
    )
    receivers = dict(Receiver.objects.filter(municipality=letter.municipality).values_list("email", "pk"))
    rows = []
    for n, email in enumerate(emails):
        lang = chance.choices(LANGS, weights=(80, 8, 5, 4, 3))[0]
        row = Delivery(
            newsletter=letter, receiver_id=receivers[email], lang=lang, state=DeliveryState.SENT, taken_at=at, settled_at=at
        )
        if n % 97 == 5:
            row.state, row.bounced_at, row.said = DeliveryState.REFUSED, at, "550 5.1.1 <…>: user unknown"
        elif n == 40:
            row.state = DeliveryState.DOUBT
        elif n % 120 == 11:
            row.unsubscribed_at = at + timedelta(hours=5)
        rows.append(row)
    Delivery.objects.bulk_create(rows)
    gone = [row.receiver_id for row in rows if row.unsubscribed_at and row.receiver_id]
    Receiver.objects.filter(pk__in=gone).update(unsubscribed_at=at + timedelta(hours=5))
    for lang in sorted({row.lang for row in rows}, key=list(NAMES).index):
        make_edition(letter, lang)
