"""A programme of two municipalities: what each sees of the other. Editors read without prices; the others have no screens."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from cards.ledger.models import CountChange
from cards.offers.models import Device, Offer, ProviderAgreement, Redemption, Stock
from cards.programmes.keeping import WhyNotKept, change_quota, let_go, let_in
from cards.programmes.models import AgencyQuota, Batch, CardType, Programme, ProgrammeYear
from directory.municipalities.models import Municipality
from portal.kit.refusals import Refused
from tests.cards.staff.conftest import Joint, browser_of, press, screen
from tests.factories.cards import make_offer
from tests.factories.directory import make_municipality, make_staff

SHARED = (Programme, ProgrammeYear, CardType, Offer)
OWN = (ProviderAgreement, Stock, AgencyQuota, Batch, Redemption, CountChange, Device)


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def test_partner_reads_the_programme_its_year_type_and_offers(per: Client, joint: Joint) -> None:
    for row in (joint.programme, joint.year, joint.card_type, joint.lead.offer):
        response = per.get(screen(row))
        assert response.status_code == 200, row
        assert not response.context["presses"]
        assert not response.context["deeds"]
        assert str(row) in body(per.get(screen(type(row))))


def test_partner_sees_no_agency_no_agreement_and_no_money_of_the_other(per: Client, joint: Joint) -> None:
    hidden = ("Larvik NAV", "Larvik sparebank", "Larvik vilkår", "76 543", "7654300", "3100")
    addresses = [screen(model) for model in (*SHARED, *OWN)] + [
        screen(row) for row in (joint.programme, joint.year, joint.card_type)
    ]
    for address in [*addresses, screen(joint.lead.offer)]:
        for query in ("", "?export=csv"):
            text = body(per.get(address + query)).replace("\u00a0", " ")
            assert not [word for word in hidden if word in text], address
    for row in (joint.lead.agreement, joint.lead.stock, joint.lead.quota):
        assert per.get(screen(row)).status_code == 404
    # what is its own stands there
    assert "Porsgrunn sparebank" in body(per.get(screen(Stock)))
    assert "Porsgrunn NAV" in body(per.get(screen(joint.card_type)))


def test_partner_cannot_change_what_the_lead_looks_after(per: Client, joint: Joint) -> None:
    for row, deed in (
        (joint.programme, "let-in"),
        (joint.year, "days"),
        (joint.card_type, "shut"),
        (joint.lead.offer, "unpublish"),
    ):
        assert per.post(screen(row), {"deed": deed}).status_code == 404
    for row, name in (
        (joint.programme, "form"),
        (joint.card_type, "form"),
        (joint.card_type, "lines"),
        (joint.lead.offer, "codes"),
    ):
        assert per.get(screen(row, name)).status_code == 404
        assert per.post(screen(row, name)).status_code == 404
    assert CardType.objects.get().is_open
    assert joint.lead.offer.state == "published"


def test_partner_keeps_its_own_quota_agreement_and_offer(per: Client, joint: Joint) -> None:
    assert press(per, joint.partner.quota, "quantity", quantity=50, reason="flere barn").status_code == 200
    assert AgencyQuota.objects.get(pk=joint.partner.quota.pk).quantity == 50
    press(per, joint.partner.offer, "unpublish")
    assert Offer.objects.get(pk=joint.partner.offer.pk).state == "approved"


def test_other_municipality_s_drafts_are_not_told(per: Client, kari: Client, joint: Joint) -> None:
    draft = make_offer(joint.lead.agreement, title_nb="Uferdig tanke", state="draft")
    waiting = make_offer(joint.lead.agreement, title_nb="Venter på svar", state="offered")
    for row in (draft, waiting):
        assert per.get(screen(row)).status_code == 404
        assert str(row) not in body(per.get(screen(Offer)))
        assert kari.get(screen(row)).status_code == 200


def test_editor_reads_what_is_shared_without_prices(editor: Client, joint: Joint) -> None:
    for model in SHARED:
        assert editor.get(screen(model)).status_code == 200
    for row in (joint.programme, joint.year, joint.card_type, joint.lead.offer):
        text = body(editor.get(screen(row))).replace("\u00a0", " ")
        assert str(row) in text
        for word in ("42 kr", "Larvik sparebank", "Larvik NAV"):
            assert word not in text, (row, word)
    sheet = body(editor.get(screen(Offer) + "?export=csv"))
    assert "Bading Larvik" in sheet
    assert "4200" not in sheet


def test_editor_changes_nothing(editor: Client, joint: Joint) -> None:
    for row, deed in (
        (joint.programme, "let-in"),
        (joint.year, "days"),
        (joint.card_type, "shut"),
        (joint.lead.offer, "unpublish"),
    ):
        assert editor.post(screen(row), {"deed": deed}).status_code == 404
    for model in OWN:
        assert editor.get(screen(model)).status_code in {302, 403}
    for model in (*SHARED, ProviderAgreement, Stock, AgencyQuota, Batch):
        response = editor.get(screen(model, "add"))
        assert (response.status_code, response.get("Location")) == (302, "/cms/")
    for row in (joint.lead.quota, joint.lead.stock, joint.lead.agreement):
        assert editor.get(screen(row)).status_code == 404


def test_prices_are_there_for_coordinators(kari: Client, joint: Joint) -> None:
    """What the tests above miss must be there for somebody."""
    assert "42 kr" in body(kari.get(screen(joint.lead.offer))).replace("\u00a0", " ")
    assert "4200" in body(kari.get(screen(Offer) + "?export=csv"))


def test_town_without_the_card_has_no_screens(joint: Joint) -> None:
    town = make_municipality("3907", "Sandefjord")
    browser = browser_of(make_staff(town, "ola@example.org"))
    home = body(browser.get("/cms/"))
    assert "activity-card" not in home
    for model in (*SHARED, *OWN):
        response = browser.get(screen(model))
        assert (response.status_code, response.get("Location")) == (302, "/cms/")


def test_stranger_with_the_card_sees_nothing(joint: Joint) -> None:
    from tests.cards.staff.conftest import use_card

    town = use_card(make_municipality("3907", "Sandefjord"))
    browser = browser_of(make_staff(town, "ola@example.org"))
    for model in (*SHARED, *OWN):
        text = body(browser.get(screen(model)))
        assert "Opplevelseskortet" not in text
        assert "Bading" not in text
    for row in (joint.programme, joint.year, joint.card_type, joint.lead.offer, joint.lead.stock, joint.lead.quota):
        assert browser.get(screen(row)).status_code == 404
        assert browser.post(screen(row), {"deed": "x"}).status_code == 404


def test_coordinator_here_and_editor_there_keeps_the_roles_apart(joint: Joint, kari: Client) -> None:
    from directory.municipalities.actions import appoint
    from directory.municipalities.models import StaffRole

    appoint(user=joint.lead.staff, municipality=joint.partner.town, role=StaffRole.Role.EDITOR)
    assert kari.get(screen(joint.partner.stock)).status_code == 404
    assert kari.post(screen(joint.partner.offer), {"deed": "unpublish"}).status_code == 404
    assert kari.get(screen(joint.lead.stock)).status_code == 200


def test_journal_tells_each_municipality_its_own(per: Client, kari: Client, joint: Joint, here: Municipality) -> None:
    from django.utils import timezone

    for one, reason in ((joint.lead, "Larviks grunn"), (joint.partner, "Porsgrunns grunn")):
        change_quota(quota=one.quota, quantity=60, reason=reason, by=one.staff, at=timezone.now())
    for browser, mine, other in ((per, "Porsgrunns grunn", "Larviks grunn"), (kari, "Larviks grunn", "Porsgrunns grunn")):
        for address in (screen(CountChange), screen(CountChange) + "?export=csv", screen(CountChange) + "?q=grunn"):
            text = body(browser.get(address))
            assert mine in text
            assert other not in text
    of_partner = CountChange.objects.get(reason="Porsgrunns grunn")
    assert kari.get(screen(of_partner)).status_code == 404
    assert "Porsgrunn NAV" in body(per.get(screen(of_partner)))


def test_choosers_hand_over_own_rows_to_coordinators_only(per: Client, editor: Client, joint: Joint) -> None:
    rows = (joint.programme, joint.lead.offer, joint.lead.stock, joint.lead.quota, joint.lead.agreement)
    for row in rows:
        model = type(row)
        space = model.snippet_viewset.get_chooser_admin_url_namespace()  # type: ignore[attr-defined]
        for browser in (per, editor):
            assert browser.get(reverse(f"{space}:chosen", args=[row.pk])).status_code == 404, model
            for name in ("choose", "choose_results"):
                assert f"/{row.pk}/" not in body(browser.get(reverse(f"{space}:{name}")))


def test_let_in_by_number_and_out_only_while_empty(kari: Client, joint: Joint) -> None:
    from tests.cards.staff.conftest import said, use_card

    use_card(make_municipality("3907", "Sandefjord"))
    make_municipality("3911", "Tjome")  # without the card
    assert "Sandefjord" in body(press(kari, joint.programme, "let-in", number="3907"))
    assert joint.programme.members.count() == 3
    assert joint.programme.members.filter(municipality__number="3907").exists()
    why = {"3907": WhyNotKept.TOWN_IS_IN, "3911": WhyNotKept.NO_SUCH_TOWN, "9999": WhyNotKept.NO_SUCH_TOWN, "39": None}
    for number, reason in why.items():
        response = press(kari, joint.programme, "let-in", number=number)
        assert response.status_code == 422
        assert reason is None or str(reason.label) in said(response)
    press(kari, joint.programme, "let-go", number="3907")
    assert joint.programme.members.count() == 2
    for number in ("4001", "3909"):
        assert press(kari, joint.programme, "let-go", number=number).status_code == 422
    with pytest.raises(Refused):
        let_go(programme=joint.programme, number="4001", by=None)
    with pytest.raises(Refused):
        let_in(programme=joint.programme, number="4001", by=None)


def test_who_was_let_in_leaves_by_itself_while_it_has_nothing_there(kari: Client, per: Client, joint: Joint) -> None:
    from tests.cards.staff.conftest import use_card

    third = use_card(make_municipality("3907", "Sandefjord"))
    ola = browser_of(make_staff(third, "ola@example.org"))
    press(kari, joint.programme, "let-in", number="3907")
    assert [one.deed.key for one in ola.get(screen(joint.programme)).context["deeds"]] == ["let-go"]
    ola.post(screen(joint.programme), {"deed": "let-in", "let-in-number": "3911"})
    assert press(ola, joint.programme, "let-go", number="4001").status_code == 422
    assert joint.programme.members.count() == 3
    assert press(ola, joint.programme, "let-go", number="3907").status_code == 200
    assert sorted(joint.programme.members.values_list("municipality__number", flat=True)) == ["3909", "4001"]
    assert ola.get(screen(joint.programme)).status_code == 404
    assert per.post(screen(joint.programme), {"deed": "let-go", "let-go-number": "4001"}).status_code == 404


def test_lists_ask_no_more_for_three_rows_than_for_one(kari: Client, joint: Joint) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories.cards import make_agency, make_card_type, make_quota, make_stock

    models = (Offer, Stock, AgencyQuota, CardType, ProviderAgreement, Programme, ProgrammeYear)

    def queries() -> dict[str, int]:
        found = {}
        for model in models:
            kari.get(screen(model))
            with CaptureQueriesContext(
                connection,
            ) as caught:
                kari.get(screen(model))
            found[model.__name__] = len(caught)
        return found

    before = queries()
    for number in range(3):
        offer = make_offer(joint.lead.agreement)
        make_stock(offer)
        card_type = make_card_type(joint.year, lines=[(offer, 2)])
        make_quota(make_agency(joint.lead.town, name_nb=f"Etat {number}"), card_type)
    assert {name: more for name, more in queries().items() if more > before[name]} == {}


def test_every_screen_of_the_cards_stands_on_the_guard() -> None:
    from wagtail.snippets.models import get_snippet_models

    from cards.programmes.tenancy import CardPolicy, CardViewSet

    models = [model for model in get_snippet_models() if model._meta.app_label == "cards"]
    assert len(models) == 12
    for model in models:
        assert isinstance(model.snippet_viewset, CardViewSet)
        assert issubclass(model.snippet_viewset.policy_class, CardPolicy)
    assert apps.get_model("cards", "Card") not in models  # no screen shows single cards
