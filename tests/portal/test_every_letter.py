"""Every kind of letter the product writes is valid HTML, and none is forgotten here: which there are is read from the code.

A letter is what `write_letter` makes. Each function that leads there, in whatever room, is asked for one letter at least.
"""

from __future__ import annotations

import ast
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cards.offers import emails as of_cards
from cards.offers import statement_emails as of_statements
from cards.offers.models import Ceiling
from directory.agencies.emails import tell_newcomer
from directory.agencies.models import Agency, AgencyRole
from directory.freshness.emails import write_question
from directory.freshness.rules import Step
from directory.municipalities.models import Municipality, StaffRole, TenantLogEntry
from directory.people.emails import tell_appointed, tell_dismissed
from directory.proposals import emails as of_proposals
from directory.providers import emails as of_providers
from directory.providers.models import AccessRequest, Invitation, Membership, Provider
from portal.accounts import break_glass
from portal.accounts.emails import Notice, send_code, send_notice
from portal.accounts.models import User
from portal.contact import office as of_contact
from portal.contact.enquiries.emails import letter_for
from portal.contact.enquiries.models import Channel, Enquiry
from portal.contact.enquiries.receivers import Receiver
from portal.frontline.emails import send_nudge
from portal.frontline.models import Nudge
from portal.frontline.rules import nudge_days
from portal.helping.actions import tell_helped
from portal.kit import letters
from portal.kit.letters import Entry
from portal.newsletters.emails import send_confirmation, send_digest, send_known_already
from portal.newsletters.models import Newsletter, Subscription
from portal.newsletters.office import tell_of_halt
from portal.newsletters.writing import edition_of
from portal.privacy.emails import tell_of_wish, tell_who_is_left_alone
from portal.privacy.models import ErasureRequest
from portal.till import office as of_tills
from portal.till.mailing import send_week
from tests.directory.proposals.conftest import propose
from tests.factories.cards import make_agreement, make_offer, make_programme, make_settlement, make_till
from tests.factories.directory import ActivityFactory, MembershipFactory, ProviderFactory, default_municipality, make_staff
from tests.factories.newsletters import make_letter
from tests.portal.newsletters.test_html import faults_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
BASE = Path(__file__).resolve().parents[2]
ROOMS = ("directory", "cards", "portal", "search")
WAYS_OF_CARDS = {"to_provider", "to_office"}
HOSTILE = "Lag <b>& co</b>"
NOW = timezone.now()
Made = dict[tuple[str, str], list[str]]


def who_writes() -> set[tuple[str, str]]:
    """(file, function) of all that writes a letter: by `write_letter` itself, or by the `send` that providers' letters go by."""
    found = set()
    for room in ROOMS:
        for path in sorted((BASE / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            name = str(path.relative_to(BASE))
            ways = {"write_letter"}
            imported = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
            if name == "directory/providers/emails.py" or any(
                node.module == "directory.providers.emails" and any(alias.name == "send" for alias in node.names)
                for node in imported
            ):
                ways.add("send")
            ways |= {
                alias.name
                for node in imported
                if node.module == "cards.offers.emails"
                for alias in node.names
                if alias.name in WAYS_OF_CARDS
            }
            if name == "cards/offers/emails.py":
                ways |= WAYS_OF_CARDS
            for function in tree.body:
                if isinstance(function, ast.FunctionDef) and any(
                    isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ways
                    for node in ast.walk(function)
                ):
                    found.add((name, function.name))
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """The letters that are written from here on, under each function on the way to them."""
    found: Made = {}
    original = letters.write_letter

    def and_keep(*args: Any, **kwargs: Any) -> tuple[str, str]:
        text, html = original(*args, **kwargs)
        frame = sys._getframe(1)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(BASE) and path.relative_to(BASE).parts[0] in ROOMS:
                found.setdefault((str(path.relative_to(BASE)), frame.f_code.co_name), []).append(html)
            frame = frame.f_back  # type: ignore[assignment]
        return text, html

    for module in list(sys.modules.values()):
        if getattr(module, "write_letter", None) is original:
            monkeypatch.setattr(module, "write_letter", and_keep)
    return found


@pytest.fixture
def town(db: None) -> Municipality:
    return default_municipality(contact_email="kontoret@example.org")


def write_all(town: Municipality) -> None:
    """One letter of each kind at least; names hold what must be escaped, and some receivers read Arabic."""
    staff = make_staff(town, "kari@example.org")
    boss = User.objects.create_superuser("drift@example.org", "a-long-password-1")
    member = User.objects.create_user("medlem@example.org", name=HOSTILE, lang="ar")
    provider = ProviderFactory(municipality=town, name_nb=HOSTILE, email="post@example.org")
    membership = MembershipFactory(user=member, provider=provider, role="editor")
    MembershipFactory(user=User.objects.create_user("leder@example.org"), provider=provider, role="editor")
    activity = ActivityFactory(municipality=town, provider=provider, name_nb=f"{HOSTILE} 2")
    provider = Provider.objects.select_related("municipality__site").get(pk=provider.pk)

    of_signing_in(member, town, boss)
    of_keeping_a_page(provider, member, town)
    of_people(member, staff, town)
    of_proposing(provider, member, staff)
    for step in Step:
        write_question(provider, date(2026, 1, 1), step, "ar" if step == Step.ASK else "nb")
    tell_of_wish(ErasureRequest(user=member, asked_at=NOW, due_at=NOW + timedelta(days=14)))
    tell_who_is_left_alone(town, [provider])
    start = TenantLogEntry(user=staff, data={"reason": HOSTILE})
    tell_helped(Membership.objects.select_related("provider__municipality__site", "user").get(pk=membership.pk), start)
    of_contact_between_people(provider, town)
    of_reminding(activity, town)
    of_newsletters(staff, town)
    of_the_card(provider, town, member)


def of_signing_in(member: User, town: Municipality, boss: User) -> None:
    send_code(email="ny@example.org", code="BCDF-GHJK", lang="nb", municipality=town)
    for what in Notice:
        send_notice(member, what, town)
    break_glass.tell(boss, break_glass.TRIED)


def of_keeping_a_page(provider: Provider, member: User, town: Municipality) -> None:
    asked = AccessRequest(municipality=town, user=member, provider=provider, message=HOSTILE, answer=HOSTILE, created_at=NOW)
    of_providers.tell_office(asked)
    for state in (AccessRequest.State.APPROVED, AccessRequest.State.REFUSED):
        asked.state = state
        of_providers.tell_answer(asked)
    of_providers.tell_editors(provider, member)
    invitation = Invitation.objects.create(provider=provider, email="ny@example.org", invited_by=member, sent_at=NOW)
    of_providers.send_invitation(invitation)
    of_providers.tell_accepted(invitation)
    of_providers.tell_gone(provider, member)


def of_people(member: User, staff: User, town: Municipality) -> None:
    agency = Agency.objects.create(municipality=town, kind="nav", name_nb="NAV <Larvik>")
    tell_newcomer(AgencyRole.objects.create(agency=agency, user=member))
    tell_appointed(StaffRole.objects.get(user=staff))
    tell_dismissed(staff, town)


def of_proposing(provider: Provider, member: User, staff: User) -> None:
    state = propose(provider, member, summary_nb="Ny setning").current_workflow_state
    of_proposals.approved(instance=state, user=staff)
    of_proposals.sent_back(instance=state, user=staff)


def of_contact_between_people(provider: Provider, town: Municipality) -> None:
    for n, channel in enumerate(Channel):
        enquiry = Enquiry.objects.create(
            municipality=town,
            channel=channel,
            provider=provider,
            from_provider=provider if channel == Channel.PROVIDER else None,
            listing_name=HOSTILE,
            text=f"{HOSTILE}\n\nLinje to\nlinje tre",
            name=HOSTILE,
            email="marte@example.org" if n % 2 else "",
            phone="" if n % 2 else "00 00 00 11",
            answer_by="mail" if n % 2 else "phone",
            lang="uk",
            created_at=NOW,
        )
        letter_for(enquiry, Receiver("user:1", "kari@example.org", "ar" if n else "nb", has_desk=True))
        letter_for(enquiry, Receiver("office", "kontoret@example.org", "nb"))
    of_contact.tell_of_held(town, 2)
    of_contact.tell_of_failed(town, [HOSTILE])
    of_contact.tell_of_reported(town, HOSTILE)


def of_reminding(activity: Any, town: Municipality) -> None:
    days = nudge_days(today=timezone.localdate(), first_visit=None)
    nudge = Nudge.objects.create(
        municipality=town,
        kind="activity",
        listing_id=activity.pk,
        email="mor@example.org",
        lang="ar",
        first_on=days.first_on,
        second_on=days.second_on,
        erase_on=days.erase_on,
    )
    for step in (1, 2):
        send_nudge(nudge, activity, step=step)


def of_the_card(provider: Provider, town: Municipality, member: User) -> None:
    agreement = make_agreement(make_programme(town, name_nb=HOSTILE), provider)
    offer = make_offer(agreement, title_nb=HOSTILE, quantity=100, released=20)
    for tell in (
        *(of_cards.tell_office_of_agreement, of_cards.tell_agreed, of_cards.tell_renewed),
        *(of_cards.tell_office_of_wish, of_cards.ask_renewal),
    ):
        tell(agreement)
    of_cards.tell_ended(agreement, HOSTILE)
    of_cards.tell_office_of_offer(offer, NOW)
    of_cards.tell_approved(offer)
    of_cards.tell_published(offer, None)
    of_cards.tell_sent_back(offer)
    of_cards.tell_changed(offer, {"unit_ore": 1, "title_nb": "Før"}, HOSTILE, None)
    agreement.terms = HOSTILE
    of_cards.tell_agreement_changed(agreement, ["ceiling_ore", "renewal", "terms", "valid_to"], None)
    for by_provider in (True, False):
        of_cards.tell_closed(offer, HOSTILE, by_provider=by_provider)
    of_cards.warn_of_offer(offer)
    of_cards.warn_of_ceiling(Ceiling(agreement=agreement, month=date(2026, 1, 1), quantity=100_000, used=90_000))
    settlement = make_settlement(agreement, state="sent", objection=HOSTILE)
    of_statements.tell_provider(settlement)
    of_statements.tell_office(settlement)
    till, _token = make_till(provider, name=HOSTILE)
    of_cards.tell_till_stopped(till, HOSTILE)
    of_tills.warn_of_guesses(till)
    of_tills.warn_of_flood(town, 1200)
    send_week([agreement], date(2026, 1, 5), to="kasse@example.org", lang="ar")


def of_newsletters(staff: User, town: Municipality) -> None:
    letter = make_letter(town, subject_nb=HOSTILE)
    edition_of(letter, "nb")
    Newsletter.objects.filter(pk=letter.pk).update(released_by=staff)
    tell_of_halt(Newsletter.objects.get(pk=letter.pk), "554 5.7.1 <…>: no")
    wish = Subscription.objects.create(
        municipality=town, email="kari@example.org", lang="ar", about="search", query="q=kor", created_at=NOW
    )
    send_confirmation(wish)
    send_known_already(wish)
    send_digest(wish, "ar", [Entry(HOSTILE, "https://example.org/", text="Når\nHvor", note=HOSTILE, lang="nb")], 1)


def test_every_kind_of_letter_is_valid_and_escapes_what_people_write(town: Municipality, made: Made, tmp_path: Path) -> None:
    write_all(town)

    assert who_writes() <= set(made), "a letter that nobody has looked at: write one of it above"
    every = list(dict.fromkeys(html for found in made.values() for html in found))
    assert len(every) > 35
    for n, html in enumerate(every):
        assert "<b>&" not in html
        (tmp_path / f"letter-{n:02}.html").write_text(html, encoding="utf-8")
    assert faults_of(tmp_path) == ""


def test_the_code_is_read_right() -> None:
    """What is looked for is found: letters written directly, by another room's `send`, and inside of a function."""
    found = who_writes()

    assert {
        ("portal/accounts/emails.py", "send_code"),
        ("directory/people/emails.py", "tell_appointed"),
        ("portal/accounts/break_glass.py", "tell"),
        ("portal/newsletters/writing.py", "edition_of"),
    } <= found
    assert ("portal/kit/mail.py", "send_letter") not in found
