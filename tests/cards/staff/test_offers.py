"""Agreements, offers, tickets, codes and uses to decide through their screens. Each deed is pressed twice and done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from cards.ledger.models import CountChange
from cards.offers import offering
from cards.offers.codes_in import Verdict, looked_at, text_of
from cards.offers.models import Device, ExternalCode, Offer, ProviderAgreement, Redemption, Settlement, Stock
from cards.offers.states import UseState
from cards.offers.tills import find_till
from cards.offers.unlinking import cut_uses
from cards.programmes.actions import change_line
from directory.municipalities.models import TenantLogEntry
from tests.cards.staff.conftest import DONE_ALREADY, Joint, fields_of, nb, press, said, screen, sent
from tests.factories.cards import make_agreement, make_card, make_offer, make_till, make_use, today
from tests.factories.directory import ActivityFactory, MembershipFactory, ProviderFactory


def form_of(response: Any) -> dict[str, Any]:
    return sent(response.context["form"])


def told_of(response: Any) -> str:
    return " ".join(said(response))


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


def test_agreement_is_proposed_agreed_changed_renewed_and_ended(kari: Client, joint: Joint) -> None:
    provider = ProviderFactory(municipality=joint.lead.town, name_nb="Kinoen")
    data = form_of(kari.get(screen(ProviderAgreement, "add"))) | {
        "programme": joint.programme.pk,
        "provider": provider.pk,
        "ceiling_ore": "12 000,50",
        "renewal": "ask",
        "valid_to": (today() + timedelta(days=90)).isoformat(),
    }
    first, second = (kari.post(screen(ProviderAgreement, "add"), data) for _time in range(2))
    row = ProviderAgreement.objects.get(provider=provider)
    assert first["Location"] == second["Location"] == screen(row)
    assert (row.state, row.ceiling_ore, row.municipality) == ("proposed", 1_200_050, joint.lead.town)

    asked = fields_of(kari.get(screen(row)), "agree")
    for _time in range(2):
        kari.post(screen(row), asked)
    row.refresh_from_db()
    assert (row.state, row.agreed_on) == ("agreed", today())

    press(kari, row, "change", ceiling_ore="9000", offline_allowed="on", terms="Følgeperson gratis")
    row.refresh_from_db()
    assert (row.ceiling_ore, row.offline_allowed, row.terms) == (900_000, True, "Følgeperson gratis")

    until = today() + timedelta(days=400)
    asked = fields_of(kari.get(screen(row)), "renew") | {"renew-valid_to": until.isoformat()}
    for _time in range(2):
        kari.post(screen(row), asked)
    row.refresh_from_db()
    assert row.valid_to == until

    offer = make_offer(row)
    assert press(kari, row, "end", reason="").status_code == 422
    press(kari, row, "end", reason="Hallen stenger")
    row.refresh_from_db()
    offer.refresh_from_db()
    assert (row.state, offer.state) == ("ended", "closed")
    assert not kari.get(screen(row)).context["deeds"]


def test_agreement_is_with_own_providers(kari: Client, joint: Joint) -> None:
    foreign = ProviderFactory(municipality=joint.partner.town)
    data = form_of(kari.get(screen(ProviderAgreement, "add"))) | {"programme": joint.programme.pk, "provider": foreign.pk}
    assert kari.post(screen(ProviderAgreement, "add"), data).status_code == 422
    assert not ProviderAgreement.objects.filter(provider=foreign).exists()


def test_nobody_decides_about_a_provider_whose_page_they_keep(kari: Client, joint: Joint) -> None:
    MembershipFactory(user=joint.lead.staff, provider=joint.lead.agreement.provider, role="editor")
    response = press(kari, joint.lead.agreement, "change", ceiling_ore="999999")
    assert response.status_code == 422
    assert str(offering.Why.OWN.label) in told_of(response)
    assert press(kari, joint.lead.stock, "quantity", quantity=99, reason="mer").status_code == 422
    assert Stock.objects.get(pk=joint.lead.stock.pk).quantity == 12


# ── offers ──────────────────────────────────────────────────────────────────────────────────────────────────


def waiting_offer(joint: Joint) -> Offer:
    """Approved once, changed by the provider since, and sent anew."""
    offer = make_offer(joint.lead.agreement, title_nb="Klatring", state="offered", unit_ore=5000, quantity=20)
    offering.approve_offer(offer=offer, by=joint.lead.staff, at=timezone.now(), publish_now=True)
    writer = MembershipFactory(provider=joint.lead.agreement.provider, role="editor").user
    offering.save_offer(agreement=joint.lead.agreement, offer=offer, values={"unit_ore": 7500}, by=writer, at=timezone.now())
    offering.send_offer(offer=offer, by=writer, at=timezone.now())
    offer.refresh_from_db()
    return offer


def test_queue_shows_the_difference_and_approves_what_was_seen(kari: Client, joint: Joint) -> None:
    offer = waiting_offer(joint)
    listed = kari.get(screen(Offer) + "?state=offered")
    assert [row.pk for row in listed.context["object_list"]] == [offer.pk]
    page = kari.get(screen(offer))
    (table,) = [table for table in page.context["tables"] if table.key == "difference"]
    assert [tuple(str(cell.said).replace("\u00a0", " ") for cell in row) for row in table.rows] == [
        (nb("Price per clip"), "50 kr", "75 kr")
    ]
    data = fields_of(page, "approve")

    Offer.objects.filter(pk=offer.pk).update(unit_ore=99_900)  # changed since the page was opened
    moved = kari.post(screen(offer), data)
    assert (moved.status_code, str(offering.Why.MOVED.label) in told_of(moved)) == (422, True)
    Offer.objects.filter(pk=offer.pk).update(unit_ore=7500)

    for _time in range(2):
        kari.post(screen(offer), data)
    offer.refresh_from_db()
    assert (offer.state, offer.approved_by, offer.approved_values["unit_ore"]) == ("published", joint.lead.staff, 7500)


def test_new_offer_shows_all_that_is_said_of_it(kari: Client, joint: Joint) -> None:
    offer = make_offer(joint.lead.agreement, title_nb="Klatring", state="offered")
    (table,) = [table for table in kari.get(screen(offer)).context["tables"] if table.key == "difference"]
    assert len(table.head) == 2
    assert "Klatring" in {str(row[1].said) for row in table.rows}


def test_offer_is_sent_back_with_a_reason(kari: Client, joint: Joint) -> None:
    offer = waiting_offer(joint)
    assert press(kari, offer, "send-back", reason="").status_code == 422
    data = fields_of(kari.get(screen(offer)), "send-back") | {"send-back-reason": "Prisen er for høy"}
    kari.post(screen(offer), data)
    again = kari.post(screen(offer), data, follow=True)
    assert nb(DONE_ALREADY) in told_of(again)
    offer.refresh_from_db()
    assert (offer.state, offer.refused_because) == ("draft", "Prisen er for høy")
    assert "Prisen er for høy" in kari.get(screen(offer)).content.decode()


def test_offer_is_approved_without_publishing_then_published_taken_down_closed_and_reopened(kari: Client, joint: Joint) -> None:
    offer = waiting_offer(joint)
    data = fields_of(kari.get(screen(offer)), "approve")
    data.pop("approve-publish_now")
    kari.post(screen(offer), data)
    for deed, state in (
        ("publish", "published"),
        ("unpublish", "approved"),
        ("close", "closed"),
        ("reopen", "draft"),
        ("hand-in", "offered"),
    ):
        asked = fields_of(kari.get(screen(offer)), deed)
        for _time in range(2):
            kari.post(screen(offer), asked)
        offer.refresh_from_db()
        assert offer.state == state, deed


def test_portion_quantity_and_price_are_changed_during_the_year(kari: Client, joint: Joint) -> None:
    offer = joint.lead.offer
    card, _code = make_card(joint.card_type)
    make_use(card, offer)
    press(kari, offer, "release", number=30, reason="første del")
    press(kari, offer, "quantity", number=100, reason="flere kjøpt")
    offer.refresh_from_db()
    assert (offer.quantity, offer.released, offer.used) == (100, 30, 1)
    assert press(kari, offer, "release", number=0, reason="x").status_code == 422
    assert press(kari, offer, "release", number=101, reason="x").status_code == 422
    assert press(kari, offer, "quantity", number=0, reason="x").status_code == 422
    press(kari, offer, "price", unit_ore="55,50", reason="ny pris")
    offer.refresh_from_db()
    assert (offer.quantity, offer.released, offer.unit_ore, offer.state) == (100, 30, 5550, "published")
    assert Redemption.objects.get().unit_ore != 5550  # as it was agreed then


def test_new_price_stands_in_the_journal_with_its_reason_and_is_told(kari: Client, per: Client, joint: Joint) -> None:
    offer = waiting_offer(joint)
    offering.approve_offer(offer=offer, by=joint.lead.staff, at=timezone.now(), publish_now=True)
    mail.outbox.clear()
    press(kari, offer, "price", unit_ore="55,50", reason="Hallen er dyrere nå")
    change = CountChange.objects.get(what="offer-price")
    assert (change.ref, change.kind, change.before, change.after) == (offer.pk, "lower", 7500, 5550)
    for address in (screen(offer), screen(CountChange) + "?what=offer-price", screen(change)):
        text = kari.get(address).content.decode().replace("\u00a0", " ")
        for words in ("75 kr", "55,50 kr", "Hallen er dyrere nå"):
            assert words in text, (address, words)
    assert "Hallen er dyrere" not in per.get(screen(CountChange)).content.decode()
    (letter,) = mail.outbox
    body = letter.body.replace("\u00a0", " ")
    for words in ("75 kr → 55,50 kr", "Hallen er dyrere nå", "Klatring"):
        assert words in letter.subject + body
    press(kari, offer, "price", unit_ore="55,50", reason="igjen")
    assert len(mail.outbox) == 1, "nothing was changed"


def test_changed_agreement_is_told_to_the_provider(kari: Client, joint: Joint) -> None:
    MembershipFactory(provider=joint.lead.agreement.provider, role="editor")
    press(kari, joint.lead.agreement, "change", ceiling_ore="4000")
    (letter,) = mail.outbox
    assert "4 000 kr" in letter.body.replace("\u00a0", " ")


def test_lines_of_amounts_are_told_in_kroner(kari: Client, joint: Joint) -> None:
    line = joint.card_type.lines.get(offer=joint.lead.offer)
    type(line).objects.filter(pk=line.pk).update(unit="ore", quantity=50_000)
    change_line(line=line, quantity=75_000, by=joint.lead.staff, at=timezone.now(), reason="mer til alle")
    text = kari.get(screen(CountChange)).content.decode().replace("\u00a0", " ")
    assert "500 kr" in text
    assert "750 kr" in text
    assert "75 000" not in text


# ── tills ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_till_is_stopped_once_with_a_reason_by_its_own_town(kari: Client, per: Client, editor: Client, joint: Joint) -> None:
    provider = joint.lead.agreement.provider
    keeper = MembershipFactory(provider=provider, role="editor").user
    till, token = make_till(provider, name="Luka")
    other, _token = make_till(provider, name="Kiosken")
    assert "Luka" in kari.get(screen(Device) + f"?provider={provider.pk}").content.decode()
    for stranger in (per, editor):
        assert stranger.post(screen(till), {"deed": "stop", "stop-reason": "x"}).status_code in {302, 403, 404}
    assert find_till(token) == till
    assert press(kari, till, "stop", reason="").status_code == 422
    data = fields_of(kari.get(screen(till)), "stop") | {"stop-reason": "Nettbrettet er stjålet"}
    kari.post(screen(till), data)
    assert find_till(token) is None
    assert nb(DONE_ALREADY) in told_of(kari.post(screen(till), data, follow=True))
    entry = TenantLogEntry.objects.get(action="till.revoke")
    assert (entry.object_id, entry.user, entry.data["reason"]) == (str(provider.pk), joint.lead.staff, "Nettbrettet er stjålet")
    assert "Nettbrettet er stjålet" in kari.get(screen(till)).content.decode()
    assert "Nettbrettet" not in kari.get(screen(other)).content.decode()
    assert [(letter.to, "Nettbrettet er stjålet" in letter.body) for letter in mail.outbox] == [([keeper.email], True)]
    assert [row.pk for row in kari.get(screen(Device) + "?stopped=true").context["object_list"]] == [till.pk]


def test_nobody_stops_the_till_of_a_page_they_keep(kari: Client, joint: Joint) -> None:
    till, token = make_till(joint.lead.agreement.provider)
    MembershipFactory(user=joint.lead.staff, provider=joint.lead.agreement.provider, role="editor")
    assert str(offering.Why.OWN.label) in told_of(press(kari, till, "stop", reason="x"))
    assert find_till(token) == till


def test_staff_write_an_offer_once_and_put_it_right(kari: Client, joint: Joint) -> None:
    activity = ActivityFactory(municipality=joint.lead.town, provider=joint.lead.agreement.provider)
    foreign = ActivityFactory(municipality=joint.lead.town)
    address = screen(Offer, "add") + f"?agreement={joint.lead.agreement.pk}"
    data = form_of(kari.get(address)) | {
        "agreement": joint.lead.agreement.pk,
        "title_nb": "Svømmekurs",
        "activity": activity.pk,
        "unit_ore": "60",
        "quantity": 25,
        "weekdays": [1, 3],
        "hours": "10–16",
        "never": "24.12",
        "most_per_day": 1,
        "has_attendance": "on",
    }
    for _time in range(2):
        response = kari.post(screen(Offer, "add"), data)
        assert response.status_code == 302, said(response)
    offer = Offer.objects.get(title_nb="Svømmekurs")
    assert (offer.state, offer.unit_ore, offer.quantity, offer.released, offer.has_attendance) == ("draft", 6000, 25, 25, True)
    assert offer.conditions["most_per_day"] == 1
    assert set(offer.conditions["hours"]) == {"1", "3"}
    assert kari.post(screen(Offer, "add"), data | {"activity": foreign.pk, "key": uuid4()}).status_code == 422

    form = screen(offer, "form")
    put_right = form_of(kari.get(form)) | {"title_nb": "Svømmekurs for alle", "most_per_day": 2}
    assert kari.post(form, put_right)["Location"] == screen(offer)
    offer.refresh_from_db()
    assert (offer.title_nb, offer.conditions["most_per_day"], offer.quantity) == ("Svømmekurs for alle", 2, 25)


def test_first_page_says_what_waits(kari: Client, editor: Client, joint: Joint) -> None:
    waiting_offer(joint)
    make_agreement(joint.programme, ProviderFactory(municipality=joint.lead.town), state="proposed")
    text = kari.get("/cms/").content.decode()
    assert "?state=offered" in text
    assert "?state=offered" not in editor.get("/cms/").content.decode()


# ── tickets ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_tickets_are_added_once_and_changed_as_the_counter_allows(kari: Client, joint: Joint) -> None:
    data = form_of(kari.get(screen(Stock, "add"))) | {
        "offer": joint.lead.offer.pk,
        "kind": "donated",
        "funder": "Rotary",
        "quantity": 50,
    }
    first, second = (kari.post(screen(Stock, "add"), data) for _time in range(2))
    stock = Stock.objects.get(funder="Rotary")
    assert first["Location"] == second["Location"] == screen(stock)
    assert (stock.kind, stock.unit_ore, stock.quantity) == ("donated", 0, 50)
    Stock.objects.filter(pk=stock.pk).update(used=7)
    for number, status in ((60, 200), (6, 422), (7, 200)):
        assert press(kari, stock, "quantity", quantity=number, reason="gave").status_code == status
    kinds = CountChange.objects.filter(what="stock", ref=stock.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["raise", "raise", "withdraw"]


def test_tickets_are_for_own_offers(kari: Client, joint: Joint) -> None:
    data = form_of(kari.get(screen(Stock, "add"))) | {"offer": joint.partner.offer.pk, "funder": "Rotary", "quantity": 5}
    assert kari.post(screen(Stock, "add"), data).status_code == 422


# ── codes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_codes_are_looked_at_row_by_row_then_loaded_once_and_withdrawn(kari: Client, joint: Joint) -> None:
    offer, address = joint.lead.offer, screen(joint.lead.offer, "codes")
    data = fields_of(kari.get(address), "load") | {"load-pasted": "AB-1\nAB-2\n\nAB-1\n" + "x" * 200}
    looked = kari.post(address, data)
    assert [(row.number, row.verdict) for row, _words in looked.context["report"]] == [
        (1, Verdict.NEW),
        (2, Verdict.NEW),
        (4, Verdict.TWICE),
        (5, Verdict.LONG),
    ]
    assert "no-store" in looked["Cache-Control"]
    assert not ExternalCode.objects.exists()

    sure = {"deed": "load", "sure": "1", "load-stock": "", "load-pasted": looked.context["codes"]}
    for _time in range(2):
        assert kari.post(address, sure).status_code == 302
    assert ExternalCode.objects.filter(offer=offer).count() == 2
    assert {bytes(code.code) for code in ExternalCode.objects.all()}.isdisjoint({b"AB-1", b"AB-2"})
    (again,) = kari.post(address, data | {"load-pasted": "AB-2"}).context["report"]
    assert again[0].verdict == Verdict.KNOWN
    assert "AB-1" not in kari.get(address).content.decode()

    ask = fields_of(kari.get(address), "withdraw") | {"withdraw-reason": "kinoen stengte"}
    for _time in range(2):
        kari.post(address, ask)
    assert not ExternalCode.objects.filter(withdrawn=False).exists()
    assert CountChange.objects.get(kind="codes").rows == 2


def test_codes_come_as_a_file_and_belong_to_tickets(kari: Client, joint: Joint) -> None:
    address = screen(joint.lead.offer, "codes")
    file = SimpleUploadedFile("koder.csv", "\ufeffNr;Billettkode;Pris\n1;ÆØ 17;90\n2;QX99;90\n".encode())
    data = fields_of(kari.get(address), "load") | {"load-stock": joint.lead.stock.pk, "load-file": file}
    looked = kari.post(address, data)
    assert [row.code for row, _words in looked.context["report"]] == ["ÆØ 17", "QX99"]
    kari.post(address, {"deed": "load", "sure": "1", "load-stock": joint.lead.stock.pk, "load-pasted": looked.context["codes"]})
    assert joint.lead.stock.external_codes.count() == 2
    many = {"deed": "load", "sure": "1", "load-stock": joint.lead.stock.pk, "load-pasted": "\n".join(map(str, range(11)))}
    assert kari.post(address, many).status_code == 422  # more codes than tickets
    foreign = {"deed": "load", "sure": "1", "load-stock": joint.partner.stock.pk, "load-pasted": "ZZ"}
    assert kari.post(address, foreign).status_code == 422
    assert ExternalCode.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("A1\nB2", ["A1", "B2"]),
        ("kode\nA1", ["A1"]),
        ("Navn,Code\nx,A1\ny,B2", ["A1", "B2"]),
        ("A1;x\nB2;y", ["A1", "B2"]),
        ("\ta\tA1", []),
        ("  A1  \n\n", ["A1"]),
        ("", []),
        ('"unended\nA1', ["unended", "A1"]),
    ],
)
def test_lists_are_read_as_they_are_sent(joint: Joint, text: str, codes: list[str]) -> None:
    assert [row.code for row in looked_at(joint.lead.offer, text)] == codes


def test_files_are_read_as_they_are_saved() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert text_of("ærlig".encode(encoding)) == "ærlig"


# ── uses to decide ──────────────────────────────────────────────────────────────────────────────────────────


def disputed(joint: Joint, count: int = 1) -> list[Redemption]:
    """Uses told by a till without network, of an agreement that does not allow it."""
    from cards.offers.telling import Claim, tell
    from tests.factories.cards import make_till

    till, _token = make_till(joint.lead.agreement.provider)
    at = timezone.now()
    claims = []
    for number in range(1, count + 1):
        _card, code = make_card(joint.card_type)
        claims.append(Claim(key=uuid4().hex, number=number, offer=joint.lead.offer.pk, shown=code, at=at, knew=at))
    tell(device=till, claims=claims, at=at)
    return list(Redemption.objects.filter(state=UseState.DISPUTED).order_by("pk"))


def test_disputed_use_is_accepted_or_turned_down_once(kari: Client, per: Client, joint: Joint) -> None:
    first, second = disputed(joint, 2)
    for use, deed, state in ((first, "accept", UseState.ACCEPTED), (second, "turn-down", UseState.TURNED_DOWN)):
        assert per.get(screen(use)).status_code == 404
        page = kari.get(screen(use))
        assert str(use.allowance.card) not in page.content.decode()  # type: ignore[union-attr]
        data = fields_of(page, deed)
        kari.post(screen(use), data)
        assert nb(DONE_ALREADY) in told_of(kari.post(screen(use), data, follow=True))
        use.refresh_from_db()
        assert use.state == state
    assert Offer.objects.get(pk=joint.lead.offer.pk).used == 1


def test_many_disputed_uses_are_decided_at_once(kari: Client, per: Client, joint: Joint) -> None:
    uses = disputed(joint, 3)
    ids = "&".join(f"id={use.pk}" for use in uses)
    assert per.post(f"/cms/bulk/cards/redemption/accept/?{ids}").status_code == 404
    assert Redemption.objects.filter(state=UseState.DISPUTED).count() == 3
    for _time in range(2):
        kari.post(f"/cms/bulk/cards/redemption/accept/?{ids}&next={screen(Redemption)}")
    assert Redemption.objects.filter(state=UseState.ACCEPTED).count() == 3
    assert Offer.objects.get(pk=joint.lead.offer.pk).used == 3


def test_use_counted_by_mistake_is_taken_back_once(kari: Client, per: Client, editor: Client, joint: Joint) -> None:
    card, _code = make_card(joint.card_type)
    make_use(card, joint.lead.offer, at=timezone.now() - timedelta(days=2), clips=2)
    use = Redemption.objects.get()
    listed = kari.get(screen(Redemption) + f"?q={use.mark}").content.decode()
    assert use.mark in listed
    page = kari.get(screen(use))
    for secret in (card.public_id, str(joint.card_type)):
        assert secret not in page.content.decode() + listed, "which card it was is nobody's business"
    data = fields_of(page, "take-back")
    for stranger in (per, editor):
        assert stranger.post(screen(use), data).status_code in {302, 403, 404}
    assert Offer.objects.get(pk=joint.lead.offer.pk).used == 2
    for _time in range(2):
        told = kari.post(screen(use), data, follow=True)
    assert nb(DONE_ALREADY) in told_of(told)
    assert nb("taken back") in told.content.decode()
    assert Offer.objects.get(pk=joint.lead.offer.pk).used == 0
    assert Redemption.objects.filter(reversal_of=use).count() == 1
    assert Redemption.objects.filter(reversal_of=None).count() == 1, "nothing is deleted"


def test_use_is_not_taken_back_once_it_is_settled_or_cut_from_its_card(kari: Client, joint: Joint) -> None:
    long_ago = timezone.now() - timedelta(days=40)
    make_use(make_card(joint.card_type)[0], joint.lead.offer, at=long_ago)
    make_use(make_card(joint.card_type)[0], joint.lead.offer)
    old, use = Redemption.objects.order_by("pk")
    day = today()
    settlement = Settlement.objects.create(
        municipality=joint.lead.town,
        provider=use.provider,
        year=joint.year,
        period_from=day,
        period_to=day,
        number=1,
        made_on=day,
    )
    Redemption.objects.filter(pk=use.pk).update(settlement=settlement)
    for state, is_offered in (("sent", True), ("approved", True), ("closed", False)):
        Settlement.objects.update(state=state)
        assert ("take-back" in {one.deed.key for one in kari.get(screen(use)).context["deeds"]}) is is_offered, state
    assert kari.get(screen(old)).status_code == 200
    cut_uses(timezone.now())
    assert kari.get(screen(old)).status_code == 404
    assert old.mark not in kari.get(screen(Redemption)).content.decode()


def test_nobody_takes_back_uses_of_a_provider_whose_page_they_keep(kari: Client, joint: Joint) -> None:
    card, _code = make_card(joint.card_type)
    make_use(card, joint.lead.offer)
    MembershipFactory(user=joint.lead.staff, provider=joint.lead.agreement.provider, role="editor")
    assert str(offering.Why.OWN.label) in told_of(press(kari, Redemption.objects.get(), "take-back"))
    assert Offer.objects.get(pk=joint.lead.offer.pk).used == 1


# ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────


def test_journal_is_narrowed_searched_and_exported(kari: Client, joint: Joint) -> None:
    press(kari, joint.lead.quota, "quantity", quantity=45, reason="sommerferie")
    press(kari, joint.lead.stock, "quantity", quantity=30, reason="flere kjøpt")
    rows = {row.reason: row for row in CountChange.objects.all()}
    tickets = kari.get(screen(CountChange) + "?what=stock").content.decode()
    assert "flere kjøpt" in tickets
    assert "sommerferie" not in tickets
    found = kari.get(screen(CountChange) + "?q=sommer").content.decode()
    assert "sommerferie" in found
    assert "flere kjøpt" not in found
    by_name = kari.get(screen(CountChange) + "?q=larvik+nav").content.decode()
    assert "sommerferie" in by_name
    assert "flere kjøpt" not in by_name
    response = kari.get(screen(CountChange) + "?export=csv")
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert any("Larvik NAV" in line and "sommerferie" in line and "40" in line and "45" in line for line in lines)
    assert kari.get(screen(rows["sommerferie"])).status_code == 200
    assert kari.post(screen(rows["sommerferie"]), {"deed": "x"}).status_code == 404
    assert kari.get(screen(CountChange) + "?export=xlsx").status_code == 200
