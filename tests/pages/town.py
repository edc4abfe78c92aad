"""A small town with every type of public page, in Norwegian and partly in Arabic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from wagtail.signal_handlers import disable_reference_index_auto_update

from cards.offers.offering import tell_listings
from directory.activities.models import Activity, Season, Session
from directory.freshness.links import token_for
from directory.freshness.models import Asking
from directory.listings.kinds import ConfirmedAs, PricePer, Visibility
from directory.listings.models import Category
from directory.municipalities.models import District, Feature, Municipality
from directory.places.models import OpeningTime, Place
from directory.providers.models import Provider
from directory.support.models import SupportScheme
from portal.contact.sharing.actions import give_consent, share_list
from portal.contact.sharing.views import signer
from portal.contact.wishes.models import Wish, WordsState
from portal.kit.changes import told_together
from portal.languages import COMPLETE
from portal.newsletters.links import confirm_token, leave_path, mine_token
from portal.newsletters.models import Newsletter, Receiver, Subscription
from portal.newsletters.states import LetterState
from tests.factories.cards import make_agreement, make_offer, make_programme
from tests.factories.directory import (
    ActivityFactory,
    AdaptationFactory,
    CategoryFactory,
    DistrictFactory,
    PlaceFactory,
    ProviderFactory,
    SeasonFactory,
    SupportSchemeFactory,
    TargetGroupFactory,
    default_municipality,
)
from tests.factories.newsletters import blocks, make_letter
from tests.factories.pages import every_page, path_of


@dataclass
class Town:
    """What the tests speak of."""

    municipality: Municipality
    district: District
    provider: Provider
    place: Place
    activity: Activity
    support: SupportScheme
    season: Season
    gone: Activity
    pages: dict[str, Any]
    contact_list: str = ""
    contact_list_over: str = ""
    asked: date = date(2026, 1, 1)  # when `provider` and the one of number `answered` were asked whether all is right
    answered: int = 0
    letter: Any = None
    receiver: int = 0
    subscription: Any = None

    def paths(self, lang: str) -> dict[str, str]:
        """Every type of public page by name, in one language."""
        return {
            "home": f"/{lang}/",
            "find": f"/{lang}/find/",
            "find, filtered": f"/{lang}/find/?q=turn&free=1&near=3290&kind=activity&category=c-sport",
            "find, second page": f"/{lang}/find/?page=2&sort=name",
            "find, season": f"/{lang}/find/?season={self.season.slug}",
            "find, to print": f"/{lang}/find/print/?kind=activity&category=c-sport",
            "find, for other sites": f"/{lang}/find/embed-code/?category=c-sport",
            "find, nothing": f"/{lang}/find/?q=xyzzyqq&free=1",
            "provider": f"/{lang}/providers/{self.provider.slug}/",
            "place": f"/{lang}/places/{self.place.slug}/",
            "activity": f"/{lang}/activities/{self.activity.slug}/",
            "support schemes": f"/{lang}/support/",
            "support": f"/{lang}/support/{self.support.slug}/",
            "districts": f"/{lang}/districts/",
            "districts, one's own": f"/{lang}/districts/?near=3290",
            "district": f"/{lang}/districts/{self.district.slug}/",
            "calendar": f"/{lang}/calendar/",
            "calendar, month": f"/{lang}/calendar/?month={timezone.localdate():%Y-%m}",
            "calendar, day": f"/{lang}/calendar/?day={timezone.localdate()}&category=c-sport",
            "calendar, nothing": f"/{lang}/calendar/?q=xyzzyqq&month=nonsense",
            "code": f"/{lang}/activities/{self.activity.slug}/qr/",
            "code of a district": f"/{lang}/districts/{self.district.slug}/qr/",
            "report": f"/{lang}/activities/{self.activity.slug}/report/",
            "report, sent": f"/{lang}/activities/{self.activity.slug}/report/?sent=1",
            "list": f"/{lang}/shortlist/?l=a{self.activity.pk}-p{self.place.pk}-o{self.provider.pk}"
            f"-s{self.support.pk}-a{self.gone.pk}",
            "list, in the family's language": f"/{lang}/shortlist/?l=a{self.activity.pk}&for=uk",
            "list, empty": f"/{lang}/shortlist/",
            "find, with a list": f"/{lang}/find/?l=a{self.activity.pk}",
            "hand-over": f"/{lang}/shortlist/hand-over/?to=a{self.activity.pk}",
            "hand-over, sent": f"/{lang}/shortlist/hand-over/?to=a{self.activity.pk}&sent=1",
            "how it went, over": f"/{lang}/shortlist/how-it-went/x/?thanks=1",
            "question": f"/{lang}/activities/{self.activity.slug}/write/",
            "question, sent": f"/{lang}/activities/{self.activity.slug}/write/?sent=1",
            "question to no committee": f"/{lang}/districts/nanset/write/",
            "wishes": f"/{lang}/wishes/",
            "wishes, sent": f"/{lang}/wishes/?sent=1",
            "list of contacts": f"/{lang}/contact-list/{self.contact_list}/",
            "list of contacts, over": f"/{lang}/contact-list/{self.contact_list_over}/",
            "still right": f"/{lang}/still-right/{token_for(self.provider.pk, self.asked)}/",
            "still right, some": f"/{lang}/still-right/{token_for(self.provider.pk, self.asked)}/?done=some",
            "still right, closed": f"/{lang}/still-right/{token_for(self.provider.pk, self.asked)}/closed/",
            "still right, answered": f"/{lang}/still-right/{token_for(self.answered, self.asked)}/",
            "still right, no link": f"/{lang}/still-right/nonsense/",
            "newsletters": f"/{lang}/newsletters/",
            "newsletter": f"/{lang}/newsletters/{self.letter.slug}/",
            "letters, news": f"/{lang}/newsletters/subscribe/",
            "letters, search": f"/{lang}/newsletters/subscribe/?category=c-sport&free=1",
            "letters, asked": f"/{lang}/newsletters/subscribe/?sent=1",
            "letters, confirm": f"/{lang}/newsletters/confirm/{confirm_token(self.subscription)}/",
            "letters, too old": f"/{lang}/newsletters/confirm/nonsense/",
            "letters, mine": f"/{lang}/newsletters/mine/{mine_token(self.subscription)}/",
            "letters, none": f"/{lang}/newsletters/mine/nonsense/",
            "letters, stop": leave_path(self.receiver, self.letter.pk, lang, "post@example.org"),
            "letters, stop a test": leave_path(0, self.letter.pk, lang, ""),
            "no network": f"/{lang}/offline/",
            "not found": f"/{lang}/activities/nothing-here/",
            "gone": f"/{lang}/activities/{self.gone.slug}/",
            **{name: path_of(page, lang) for name, page in self.pages.items()},
        }


def make_town() -> Town:
    """Fill the database."""
    with transaction.atomic(), told_together(), disable_reference_index_auto_update():
        return _fill()


def _fill() -> Town:
    today = timezone.localdate()
    municipality = default_municipality(
        contact_email="kultur@example.org",
        languages=list(COMPLETE),
        checked_languages=["nb", "en"],
        features=[Feature.CALENDAR.value, Feature.NEWSLETTERS.value],
    )
    drawings = ("art", "sport", "nature", "faith", "interest", "humanitarian", "immigrant", "recreation", "meeting", "town")
    categories = [
        CategoryFactory(
            municipality=municipality, slug=f"c-{drawing}", name_nb=f"Kategori {drawing}", drawing=drawing, position=n
        )
        for n, drawing in enumerate(drawings)
    ]
    CategoryFactory(municipality=municipality, parent=categories[1], slug="turn", name_nb="Turn", name_ar="الجمباز")
    target = TargetGroupFactory(municipality=municipality, name_nb="Barn", name_ar="أطفال")
    adaptation = AdaptationFactory(municipality=municipality, name_nb="Trinnfri inngang", icon="wheelchair")
    district = DistrictFactory(
        municipality=municipality, slug="stavern", name_nb="Stavern", intro_nb="Ved kysten.", postcodes=["3290"]
    )
    DistrictFactory(municipality=municipality, slug="nanset", name_nb="Nanset", postcodes=["3264"])
    season = SeasonFactory(
        municipality=municipality, slug="ferie", name_nb="Vinterferien", starts=today, ends=today + timedelta(days=9)
    )
    ProviderFactory(
        municipality=municipality,
        name_nb="Stavern nærmiljøutvalg",
        kind="committee",
        committee_of=district,
        email="utvalg@example.org",
        email_visibility=Visibility.PUBLIC,
    )
    provider = ProviderFactory(
        municipality=municipality,
        name_nb="Stavern turnforening",
        name_ar="جمعية الجمباز",
        summary_nb="Turn for store og små.",
        description_nb="Vi turner.\n\nLes mer på https://example.org/turn",
        street="Havnegata 1",
        postcode="3290",
        city="Stavern",
        contact_name="Skjult Person",
        phone="00 00 00 01",
        phone_visibility=Visibility.PUBLIC,
        website="https://example.org/turn",
        social_links=["https://social.example.org/turn"],
        membership_fee=450,
        membership_note_nb="Meld deg inn hos oss.",
        founded=1923,
        spoken=["nb", "ar"],
        age_from=3,
        categories=[categories[1]],
        adaptations=[adaptation],
        volunteers_wanted=True,
    )
    place = PlaceFactory(
        municipality=municipality,
        name_nb="Stavernhallen",
        provider=provider,
        street="Idrettsveien 2",
        postcode="3290",
        city="Stavern",
        pinned_lat=58.998,
        pinned_lon=10.033,
        is_free=False,
        getting_there_nb="Bussen stopper utenfor.",
        equipment_nb="Baller og matter.",
        loan_terms_nb="Lever tilbake samme dag.",
        adaptations=[adaptation],
        categories=[categories[9]],
        opening_times=[
            *(OpeningTime(weekday=day, opens=time(8), closes=time(22)) for day in range(1, 6)),
            OpeningTime(weekday=6, opens=time(10), closes=time(16), note="Stengt i ferien"),
        ],
    )
    activity = ActivityFactory(
        municipality=municipality,
        provider=provider,
        name_nb="Turn for nybegynnere",
        name_ar="الجمباز للمبتدئين",
        summary_nb="Kom som du er.",
        description_nb="Vi leker, hopper og ruller.",
        first_steps_nb="Ring Kari.\nKom ti minutter før.\nSi ifra om du vil fortsette.",
        trial_nb="De tre første gangene er gratis.",
        bring_nb="Gymtøy",
        first_contact_name="Kari",
        first_contact_phone="00 00 00 02",
        first_contact_visibility=Visibility.PUBLIC,
        is_free=True,
        low_threshold=True,
        volunteers_wanted=True,
        age_from=6,
        age_to=12,
        spoken=["nb", "en", "ar"],
        categories=[categories[1]],
        targets=[target],
        adaptations=[adaptation],
        places=[place],
        seasons=[season],
        sessions=[
            Session(weekday=2, starts=time(17), ends=time(18, 30), place=place),
            Session(weekday=4, starts=time(17), ends=time(18, 30), place=place),
            Session(date=today + timedelta(days=3), starts=time(12), note="Ta med matpakke"),
        ],
    )
    activity.confirm(by=None, as_=ConfirmedAs.PROVIDER)
    for n in range(24):
        ActivityFactory(
            municipality=municipality,
            provider=provider,
            name_nb=f"Åpen hall {n}",
            price=100 + n,
            price_per=PricePer.TERM,
            is_free=False,
            postcode="3290",
            city="Stavern",
            categories=[categories[n % 10]],
            sessions=[Session(weekday=n % 7 + 1, starts=time(10 + n % 8))],
        )
    support = SupportSchemeFactory(
        municipality=municipality,
        name_nb="Kontingentkassa",
        summary_nb="Betaler kontingent for barn og unge.",
        covers_nb="Kontingent og utstyr.",
        who_may_apply_nb="Familier som trenger det.",
        how_to_apply_nb="Snakk med foreningen.\nForeningen søker.",
        max_amount=4000,
        deadline=date(2027, 1, 15),
        application_url="https://example.org/sok",
        categories=[categories[5]],
    )
    gone = ActivityFactory(municipality=municipality, provider=provider, name_nb="Nedlagt", delisted_at=timezone.now())
    pages = every_page(municipality, season=season, scheme=support, today=today)
    lists = add_contact(municipality, provider)
    town = Town(municipality, district, provider, place, activity, support, season, gone, pages, *lists)
    town.asked, town.answered = today, ask_whether_right(provider)
    add_letters(town)
    add_card(town)
    return town


def add_letters(town: Town) -> None:
    """A letter that everybody can read, one who got it, and somebody who asked to be told of things."""
    municipality, at = town.municipality, timezone.now()
    norwegian = blocks(
        ("heading", "Hei"),
        ("text", '<p>Vi <b>søker</b> flere. <a href="https://example.org/">Les mer</a></p><ul><li>En</li></ul>'),
        ("listings", {"heading": "Bli med", "question": "kind=activity", "limit": "3"}),
        ("news", {"heading": "Nytt", "pages": [], "latest": "3"}),
        ("deadlines", {"heading": "", "with_grants": True, "lines": [{"day": "2030-01-31", "text": "Søk", "address": "/find/"}]}),
        ("action", {"text": "Vil du mer?", "label": "Se alt", "page": None, "address": "/find/"}),
    )
    letter = make_letter(municipality, in_archive=True, body_nb=norwegian, glance_nb="Bli med oss")
    Newsletter.objects.filter(pk=letter.pk).update(state=LetterState.SENT, released_at=at, finished_at=at)
    town.letter = letter
    town.receiver = Receiver.objects.create(municipality=municipality, email="post@example.org").pk
    wish = {"municipality": municipality, "email": "kari@example.org", "lang": "nb", "created_at": at, "confirmed_at": at}
    town.subscription = Subscription.objects.create(**wish, about="search", query="category=c-sport", told_until=at)
    Subscription.objects.create(**wish, about="news", told_until=at)


def add_card(town: Town) -> None:
    """What one gets for a card at the activity, with everything an offer can say; and one that says nothing more."""
    programme = make_programme(
        town.municipality,
        slug="kortet",
        name_nb="Opplevelseskortet",
        name_ar="بطاقة التجارب",
        intro_nb="Alle kan spørre etter kortet.",
        help_phone="00 00 00 03",
        help_email="kortet@example.org",
    )
    agreement = make_agreement(programme, town.provider)
    full = make_offer(
        agreement,
        activity=town.activity,
        place=town.place,
        title_nb="Fire ganger turn",
        title_ar="أربع مرات من الجمباز",
        note_nb="Ta med vannflaske.",
        conditions={"hours": {"2": [["17:00", "18:30"]]}, "never": [["12-23", "01-02"]], "most_per_day": 1, "age_to": 12},
        companions=1,
        quantity=40,
        released=20,
    )
    tell_listings([full, make_offer(agreement, title_nb="Inngang i Åpen hall")])


def ask_whether_right(provider: Provider) -> int:
    """The provider was asked, and the committee was asked and answered; the number of the latter."""
    at = timezone.now()
    answered = Provider.objects.get(municipality=provider.municipality_id, kind="committee")
    said = {"answered_at": at, "answer": Asking.Answer.CONFIRMED}
    for row, answer in ((provider, {}), (answered, said)):
        Asking.objects.create(provider=row, round=timezone.localdate(at), step=Asking.Step.ASK, sent_at=at, **answer)
    return answered.pk


def add_contact(municipality: Municipality, provider: Provider) -> list[str]:
    """Wishes that may be told, and two links to the list of contacts: one that is open, one that is over."""
    at = timezone.now()
    category = Category.objects.get(municipality=municipality, slug="c-sport")
    wish = {"municipality": municipality, "category": category, "lang": "ar", "age_band": "10-12"}
    Wish.objects.bulk_create(Wish(**wish, day=at.date() - timedelta(days=20)) for _n in range(12))
    Wish.objects.create(**wish, day=at.date(), text="مكان للتزلج", words=WordsState.SHOWN)
    give_consent(provider=provider, by=None, at=at)
    shared = [
        share_list(municipality=municipality, by=None, at=at - ago, whom_for="Fylket", category="", district=None)
        for ago in (timedelta(0), timedelta(days=31))
    ]
    return [signer.sign(str(row.pk)) for row in shared]
