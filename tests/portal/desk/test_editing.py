"""Small steps: each keeps a draft that nobody sees; sending, answers, taking back, undoing."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image as Pillow
from wagtail.images.models import Image
from wagtail.models import Revision

from directory.activities.models import Activity, Session
from directory.listings.models import Category
from directory.places.models import Place
from directory.providers.models import Provider
from portal.desk.editing import actions, views
from portal.desk.editing.actions import draft_of, moved
from portal.desk.editing.states import State, approval_of, state_of
from portal.desk.editing.steps import STEPS
from tests.factories.directory import ActivityFactory, MembershipFactory, PlaceFactory, UserFactory
from tests.portal.desk.conftest import Desk, fresh, make_desk


def draft(row: Any) -> Any:
    return draft_of(fresh(row))


def post(desk: Desk, path: str, **answers: Any) -> Any:
    return desk.client().post(path, answers)


def approve(desk: Desk, row: Any) -> None:
    """As staff do it."""
    state = approval_of(fresh(row)).current_task_state.specific
    state.task.specific.on_action(state, desk.staff, "approve")


def send_back(desk: Desk, row: Any, comment: str) -> None:
    state = approval_of(fresh(row)).current_task_state.specific
    state.task.specific.on_action(state, desk.staff, "reject", comment=comment)


def picture(colour: str = "red", size: tuple[int, int] = (900, 600), **more: Any) -> SimpleUploadedFile:
    out = BytesIO()
    Pillow.new("RGB", size, colour).save(out, "JPEG", **more)
    return SimpleUploadedFile("IMG_0001.jpg", out.getvalue(), "image/jpeg")


def test_every_step_of_every_kind_opens_and_keeps_what_stands_there(desk: Desk) -> None:
    client = desk.client()
    for row in (desk.provider, desk.activity, desk.place):
        for step in STEPS[type(row)]:
            response = client.get(desk.path(step.slug, row))
            assert response.status_code == 200, step.slug
            assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store"), step.slug


def test_a_step_asks_its_own_questions_and_no_others(desk: Desk) -> None:
    client = desk.client()
    asked = [*client.get(desk.path("age")).context["form"].fields]
    assert asked == ["age_from", "age_to", "low_threshold"]
    assert "spoken" in client.get(desk.path("taking-part")).context["form"].fields
    for row in (desk.provider, desk.activity, desk.place):
        for step in STEPS[type(row)]:
            if step.form is not None:
                form = client.get(desk.path(step.slug, row)).context["form"]
                assert {name.removesuffix("_nb") for name in form.fields} == set(step.fields), step.slug


def test_an_answer_is_a_draft_that_nobody_sees(desk: Desk) -> None:
    response = post(desk, desk.path("name"), name_nb="Turn for alle nye", summary_nb="Kom og prøv.")
    assert response.status_code == 302
    assert response.headers["Location"] == desk.path("about")
    assert fresh(desk.activity).name_nb == "Turn for nybegynnere"
    assert draft(desk.activity).name_nb == "Turn for alle nye"
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.CHANGED
    page = desk.client().get("/nb/activities/turn-for-nybegynnere/").content.decode()
    assert "Turn for alle nye" not in page


def test_one_sitting_is_one_revision_and_another_person_s_is_kept_beside_it(desk: Desk) -> None:
    for words in ("en", "to", "tre"):
        post(desk, desk.path("name"), name_nb=words, summary_nb="x")
    assert Revision.objects.filter(object_id=str(desk.activity.pk)).count() == 1
    from tests.factories.directory import MembershipFactory

    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    desk.client(desk.newcomer).post(desk.path("name"), {"name_nb": "fire", "summary_nb": "x"})
    assert Revision.objects.filter(object_id=str(desk.activity.pk)).count() == 2
    assert draft(desk.activity).name_nb == "fire"


def test_the_script_s_keeping_answers_in_short(desk: Desk) -> None:
    client = desk.client()
    short = {"headers": {"accept": "application/json"}}
    first = client.post(desk.path("name"), {"name_nb": "Nytt navn", "summary_nb": "x"}, **short).json()
    assert first["said"]
    assert first["seen"]
    again = client.post(desk.path("name"), {"name_nb": "Nyere navn", "summary_nb": "x", "seen": first["seen"]}, **short)
    assert again.status_code == 200
    old = client.post(desk.path("name"), {"name_nb": "Av en annen", "summary_nb": "x", "seen": first["seen"]}, **short)
    assert old.status_code == 409
    assert client.post(desk.path("name"), {"name_nb": "", "summary_nb": "x"}, **short).status_code == 422
    assert draft(desk.activity).name_nb == "Nyere navn"


def test_who_saves_second_is_told_and_loses_nothing(desk: Desk) -> None:
    client = desk.client()
    seen = client.get(desk.path("name")).context["seen"]
    post(desk, desk.path("name"), name_nb="Av den første", summary_nb="x")
    response = client.post(desk.path("name"), {"name_nb": "Av den andre", "summary_nb": "x", "seen": seen})
    assert response.status_code == 422
    page = response.content.decode()
    assert "Av den første" in page
    assert 'value="Av den andre"' in page
    assert draft(desk.activity).name_nb == "Av den første"
    response = client.post(desk.path("name"), {"name_nb": "Av den andre", "summary_nb": "x", "seen": response.context["seen"]})
    assert draft(desk.activity).name_nb == "Av den andre"


@pytest.mark.parametrize("has_draft", [False, True])
@pytest.mark.parametrize("step", ["about", "name"])
def test_two_who_save_at_the_same_moment_lose_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, has_draft: bool
) -> None:
    """Somebody else's words are kept after the second one's page was read, and before it is written."""
    from tests.factories.directory import MembershipFactory

    MembershipFactory(user=desk.newcomer, provider=desk.provider)
    if has_draft:
        post(desk, desk.path("name"), name_nb="Turn", summary_nb="x")
    seen = desk.client().get(desk.path("name")).context["seen"]
    answers = {"about": {"description_nb": "Fra den første"}, "name": {"name_nb": "Fra den første", "summary_nb": "x"}}[step]
    read, pending = views.get_listing, [answers]

    def between(*args: Any) -> Any:
        row = read(*args)
        if pending:
            desk.client(desk.newcomer).post(desk.path(step), pending.pop())
        return row

    monkeypatch.setattr(views, "get_listing", between)
    response = post(desk, desk.path("name"), name_nb="Fra den andre", summary_nb="x", seen=seen)
    kept = draft(desk.activity)
    if step == "about":
        assert response.status_code == 302
        assert (kept.description_nb, kept.name_nb) == ("Fra den første", "Fra den andre")
    else:
        assert response.status_code == 422  # told, with both beside each other
        assert kept.name_nb == "Fra den første"
        assert 'value="Fra den andre"' in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_steps_kept_by_two_workers_at_once() -> None:
    """PostgreSQL holds the row; SQLite lets one writer in at a time."""
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one connection")
    desk = make_desk()
    start = threading.Barrier(2)

    def press(step: str, answers: dict[str, str]) -> None:
        client = desk.client()
        start.wait()
        try:
            client.post(desk.path(step), answers)
        finally:
            connection.close()

    presses = [("name", {"name_nb": "Nytt navn", "summary_nb": "x"}), ("about", {"description_nb": "Nye ord"})]
    threads = [threading.Thread(target=press, args=one) for one in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = draft(desk.activity)
    assert (kept.name_nb, kept.description_nb) == ("Nytt navn", "Nye ord")


def test_looking_for_a_place_takes_any_words(desk: Desk) -> None:
    for words in ("%00", "hall%00", "%00%20%00"):
        assert desk.client().get(desk.path("places") + f"?place={words}").status_code == 200


def test_a_step_changes_its_own_questions_only(desk: Desk) -> None:
    post(
        desk,
        desk.path("name"),
        name_nb="Nytt",
        summary_nb="x",
        description_nb="hack",
        live="",
        slug="hack",
        municipality=str(desk.abroad.municipality_id),
        provider=str(desk.others.pk),
        publishes_at_once="on",
    )
    kept = draft(desk.activity)
    assert (kept.description_nb or "", kept.slug, kept.live) == ("", "turn-for-nybegynnere", True)
    assert (kept.municipality_id, kept.provider_id) == (desk.municipality.pk, desk.provider.pk)


def test_another_municipality_s_labels_and_places_are_refused(desk: Desk) -> None:
    foreign = Category.objects.create(municipality=desk.abroad.municipality, name_nb="Fremmed", slug="fremmed")
    assert post(desk, desk.path("topics"), categories=[foreign.pk]).status_code == 422
    hall = PlaceFactory(municipality=desk.abroad.municipality, name_nb="Fremmed hall")
    hidden = PlaceFactory(municipality=desk.municipality, name_nb="Skjult hall", live=False)
    for place in (hall, hidden):
        assert post(desk, desk.path("places"), places=[place.pk]).status_code == 422
    public = PlaceFactory(municipality=desk.municipality, name_nb="Kommunens hall")
    assert post(desk, desk.path("places"), places=[public.pk, desk.place.pk]).status_code == 302
    assert {place.pk for place in draft(desk.activity).places.all()} == {public.pk, desk.place.pk}
    found = desk.client().get(desk.path("places") + "?place=kommunens").content.decode()
    assert "Kommunens hall" in found
    assert "Fremmed hall" not in desk.client().get(desk.path("places") + "?place=fremmed").content.decode()


def test_an_address_in_a_draft_does_not_move_the_public_page(desk: Desk) -> None:
    place = fresh(desk.place)
    place.street, place.postcode, place.city = "Storgata 1", "3256", "Larvik"
    place.save()
    before = fresh(place)
    post(desk, desk.path("where", desk.place), street="Havna 2", postcode="3290", city="", getting_there_nb="")
    after = fresh(place)
    assert draft(place).postcode == "3290"
    assert draft(place).city == "Stavern"
    assert (after.lat, after.lon, after.located_for, after.street) == (before.lat, before.lon, before.located_for, "Storgata 1")


def test_sending_waits_for_staff_and_what_is_public_stays(desk: Desk) -> None:
    post(desk, desk.path("name"), name_nb="Turn for alle nye", summary_nb="Kom og prøv.")
    client = desk.client()
    page = client.get(f"/nb/desk/p/{desk.provider.slug}/send/").content.decode()
    assert "<ins>alle</ins>" in page or "alle" in page
    response = desk.send(desk.activity)
    assert response.status_code == 302
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.WAITING
    assert fresh(desk.activity).name_nb == "Turn for nybegynnere"
    # What waits is what staff look at: it cannot be changed under their hands.
    assert post(desk, desk.path("name"), name_nb="Noe annet", summary_nb="x").headers["Location"] == desk.path()
    assert draft(desk.activity).name_nb == "Turn for alle nye"
    approve(desk, desk.activity)
    assert fresh(desk.activity).name_nb == "Turn for alle nye"
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.PUBLIC


@pytest.mark.parametrize("writer", ["oneself", "a colleague", "a program"])
def test_only_the_words_that_were_looked_over_are_sent(desk: Desk, writer: str) -> None:
    colleague = UserFactory()
    MembershipFactory(user=colleague, provider=desk.provider)
    post(desk, desk.path("name"), name_nb="Turn for alle", summary_nb="Kom.")
    client, number = desk.client(), fresh(desk.activity).latest_revision_id
    shown = desk.looked_over(client, desk.activity)
    if writer == "a program":  # that has looked at nothing
        shown = {"page": shown["page"]}
    else:
        other = desk.client(desk.editor if writer == "oneself" else colleague)
        other.post(desk.path("name"), {"name_nb": "Usett", "summary_nb": "Kom."})
        assert (fresh(desk.activity).latest_revision_id == number) is (writer == "oneself"), "in one sitting the number stays"
    answer = client.post(desk.sending, shown)
    assert answer["Location"] == desk.sending
    page = client.get(desk.sending).content.decode()
    assert str(actions.Why.MOVED.label) in page
    assert ("Usett" in page) is (writer != "a program")
    assert approval_of(fresh(desk.activity)) is None
    assert desk.send(desk.activity)["Location"] == f"/nb/desk/p/{desk.provider.slug}/"
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.WAITING


def test_what_a_trusted_provider_did_not_look_over_is_not_public(desk: Desk) -> None:
    Provider.objects.filter(pk=desk.provider.pk).update(publishes_at_once=True)
    post(desk, desk.path("name"), name_nb="Turn for alle", summary_nb="Kom.")
    client = desk.client()
    shown = desk.looked_over(client, desk.activity)
    post(desk, desk.path("name"), name_nb="Usett", summary_nb="Kom.")
    client.post(desk.sending, shown)
    assert fresh(desk.activity).name_nb == "Turn for nybegynnere"


def test_what_came_back_is_read_mended_and_sent_again(desk: Desk) -> None:
    post(desk, desk.path("name"), name_nb="Turn!!!", summary_nb="Kom.")
    desk.send(desk.activity)
    send_back(desk, desk.activity, "Skriv hvem det er for.")
    assert "Skriv hvem det er for." in desk.client().get("/nb/desk/").content.decode()
    assert "Skriv hvem det er for." in desk.client().get(desk.path()).content.decode()
    post(desk, desk.path("name"), name_nb="Turn for barn", summary_nb="Kom.")
    desk.send(desk.activity)
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.WAITING
    approve(desk, desk.activity)
    assert fresh(desk.activity).name_nb == "Turn for barn"


def test_what_staff_say_of_a_field_stands_in_its_step(desk: Desk) -> None:
    from directory.proposals.models import Reply

    post(desk, desk.path("name"), name_nb="Turn!!!", summary_nb="Kom.")
    desk.send(desk.activity)
    send_back(desk, desk.activity, "Nesten.")
    state = approval_of(fresh(desk.activity)).current_task_state
    Reply.objects.update_or_create(
        task_state=state, defaults={"municipality": desk.municipality, "remarks": {"summary_nb": "Litt lengre?"}}
    )
    assert "Litt lengre?" in desk.client().get(desk.path("name")).content.decode()
    assert "Litt lengre?" not in desk.client().get(desk.path("about")).content.decode()
    overview = desk.client().get(desk.path()).content.decode()
    assert "Litt lengre?" in overview, "whoever asks for it reads it at once, without looking through the steps"
    assert "Nesten." in overview


def test_a_trusted_provider_publishes_at_once(desk: Desk) -> None:
    Provider.objects.filter(pk=desk.provider.pk).update(publishes_at_once=True)
    post(desk, desk.path("name"), name_nb="Turn i dag", summary_nb="Kom.")
    desk.send(desk.activity)
    row = fresh(desk.activity)
    assert (row.name_nb, row.confirmed_by, row.has_unpublished_changes) == ("Turn i dag", desk.editor, False)


def test_an_editor_cannot_make_the_own_page_trusted(desk: Desk) -> None:
    post(desk, desk.path("topics", desk.provider), kind="association", categories=[], publishes_at_once="on", org_number="1")
    kept = draft(desk.provider)
    assert kept.publishes_at_once is False
    assert kept.org_number == "310000019"


def test_taking_back_and_undoing(desk: Desk) -> None:
    post(desk, desk.path("name"), name_nb="Nytt", summary_nb="Kom.")
    desk.send(desk.activity)
    post(desk, desk.path("take-back"))
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.CHANGED
    assert draft(desk.activity).name_nb == "Nytt"
    assert "Nytt" in desk.client().get(desk.path("discard")).content.decode()
    post(desk, desk.path("discard"))
    assert state_of(fresh(desk.activity), approval_of(desk.activity)) == State.PUBLIC
    assert draft(desk.activity).name_nb == "Turn for nybegynnere"
    # The next draft begins from what is public.
    post(desk, desk.path("about"), description_nb="Mer.", easy_nb="")
    assert draft(desk.activity).name_nb == "Turn for nybegynnere"


def test_something_new_is_nobody_s_until_it_is_approved(desk: Desk) -> None:
    client = desk.client()
    response = client.post(f"/nb/desk/p/{desk.provider.slug}/activities/new/", {"name": "Dans for voksne"})
    new = Activity.objects.get(name_nb="Dans for voksne")
    assert response.headers["Location"] == desk.path("name", new)
    assert client.get("/nb/activities/dans-for-voksne/").status_code == 404
    # It cannot be sent before it says what it is.
    desk.send(new)
    assert approval_of(new) is None
    client.post(desk.path("name", new), {"name_nb": "Dans for voksne", "summary_nb": "Vi danser."})
    category = Category.objects.filter(municipality=desk.municipality).first()
    client.post(desk.path("topics", new), {"categories": [category.pk]})
    desk.send(new)
    assert client.get("/nb/activities/dans-for-voksne/").status_code == 404
    approve(desk, new)
    assert client.get("/nb/activities/dans-for-voksne/").status_code == 200
    # And something never sent can be thrown away altogether.
    client.post(f"/nb/desk/p/{desk.provider.slug}/places/new/", {"name": "Kjelleren"})
    cellar = Place.objects.get(name_nb="Kjelleren")
    client.post(desk.path("discard", cellar))
    assert not Place.objects.filter(pk=cellar.pk).exists()
    assert client.post(f"/nb/desk/p/{desk.provider.slug}/activities/new/", {"name": " "}).status_code == 422


def test_sessions_are_added_changed_and_taken_away(desk: Desk) -> None:
    client = desk.client()
    client.post(
        desk.path("when/new"),
        {"how": "weekly", "weekdays": ["1", "4"], "weeks": "odd", "starts": "18:00", "ends": "19:30", "cancelled": "24.12.2026"},
    )
    found = list(draft(desk.activity).sessions.all())
    assert [(s.weekday, s.weeks) for s in found] == [(2, "every"), (1, "odd"), (4, "odd")]
    assert found[1].cancelled == ["2026-12-24"]
    assert fresh(desk.activity).sessions.count() == 1
    response = client.post(desk.path("when/0"), {"how": "once", "date": "2027-01-05", "starts": "10:00"})
    assert response.status_code == 302
    assert draft(desk.activity).sessions.all()[0].date == date(2027, 1, 5)
    number, mark = client.get(desk.path("when")).context["lines"][1][:2]
    client.post(desk.path("when"), {"remove": f"{number}:{mark}"})
    assert [s.weekday for s in draft(desk.activity).sessions.all()] == [None, 4]
    # A press meant for a session that has gone takes no other one away.
    client.post(desk.path("when"), {"remove": f"{number}:{mark}"})
    assert draft(desk.activity).sessions.count() == 2
    assert client.get(desk.path("when/9")).status_code == 404


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"how": "weekly"}, "weekdays"),
        ({"how": "once"}, "date"),
        ({"how": "weekly", "weekdays": ["2"], "starts": "18:00", "ends": "17:00"}, "ends"),
        ({"how": "weekly", "weekdays": ["8"]}, "weekdays"),
        ({"how": "weekly", "weekdays": ["2"], "first_day": "2027-02-01", "last_day": "2027-01-01"}, "last_day"),
        ({"how": "once", "date": "0026-01-01"}, "date"),
        ({"how": "weekly", "weekdays": ["2"], "cancelled": "julaften"}, "cancelled"),
    ],
)
def test_a_session_that_cannot_be_is_refused(desk: Desk, answers: dict[str, Any], field: str) -> None:
    response = desk.client().post(desk.path("when/new"), answers)
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_approved_sessions_keep_their_rows(desk: Desk) -> None:
    before = fresh(desk.activity).sessions.get().pk
    desk.client().post(desk.path("when/0"), {"how": "weekly", "weekdays": ["3"], "starts": "17:30"})
    desk.send(desk.activity)
    approve(desk, desk.activity)
    session = fresh(desk.activity).sessions.get()
    assert (session.pk, session.weekday) == (before, 3)


def test_opening_hours(desk: Desk) -> None:
    client = desk.client()
    answers = {"d1_0_opens": "10:00", "d1_0_closes": "12:00", "d1_1_opens": "13:00", "d1_1_closes": "16:00", "d1_1_note": "kafé"}
    assert client.post(desk.path("hours", desk.place), answers).status_code == 302
    times = list(draft(desk.place).opening_times.all())
    assert [(t.weekday, t.opens.hour, t.note) for t in times] == [(1, 10, ""), (1, 13, "kafé")]
    assert client.post(desk.path("hours", desk.place), {"d2_0_opens": "10:00"}).status_code == 422


def test_a_picture_is_checked_freed_of_its_place_and_needs_words(desk: Desk) -> None:
    client = desk.client()
    response = client.post(desk.path("picture"), {"file": picture(), "alt": ""})
    assert "alt" in response.context["form"].errors
    exif = Pillow.Exif()
    exif[0x010E] = "SECRET-PLACE"
    response = client.post(desk.path("picture"), {"file": picture(exif=exif.tobytes()), "alt": "Barn som turner", "part": "0-0"})
    assert response.status_code == 302
    kept = draft(desk.activity)
    assert kept.image_alt_nb == "Barn som turner"
    assert fresh(desk.activity).image_id is None
    image = Image.objects.get(pk=kept.image_id)
    assert image.collection_id == desk.municipality.collection_id
    assert b"SECRET-PLACE" not in image.file.read()
    assert (image.focal_point_x, image.focal_point_y) == (150, 100)
    # Another cut of a picture that is not public yet is the same picture.
    client.post(desk.path("picture"), {"alt": "Barn som turner", "part": "2-2", "across": "", "down": ""})
    assert draft(desk.activity).image_id == image.pk
    desk.send(desk.activity)
    approve(desk, desk.activity)
    # Of one that is public a copy is cut: the page stays as it is until it is approved.
    client.post(desk.path("picture"), {"alt": "Barn som turner", "part": "1-1", "across": "0.25", "down": "0.75"})
    copy = Image.objects.get(pk=draft(desk.activity).image_id)
    assert copy.pk != image.pk
    assert (copy.focal_point_x, copy.focal_point_y) == (225, 450)
    assert Image.objects.get(pk=image.pk).focal_point_x == 750
    client.post(desk.path("picture"), {"remove": "on"})
    assert draft(desk.activity).image_id is None


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.jpg", b"<svg onload=alert(1)>"), ("x.svg", b"<svg/>"), ("x.jpg", b"\xff\xd8\xff\xe0 cut"), ("x.png", b"")],
)
def test_a_file_that_is_no_picture_is_refused(desk: Desk, name: str, content: bytes) -> None:
    before = Image.objects.count()
    response = desk.client().post(desk.path("picture"), {"file": SimpleUploadedFile(name, content), "alt": "x"})
    assert response.status_code == 422
    assert "file" in response.context["form"].errors
    assert Image.objects.count() == before


def test_languages_stand_side_by_side(desk: Desk) -> None:
    client = desk.client()
    page = client.get(desk.path("languages/ar")).content.decode()
    assert "For deg som aldri har prøvd." in page
    assert 'lang="ar"' in page
    assert 'dir="rtl"' in page
    client.post(desk.path("languages/ar"), {"name_ar": "جمباز", "summary_ar": "للمبتدئين", "name_nb": "hack"})
    kept = draft(desk.activity)
    assert (kept.name_ar, kept.summary_ar, kept.name_nb) == ("جمباز", "للمبتدئين", "Turn for nybegynnere")
    assert client.get(desk.path("languages/fi")).status_code == 404  # not offered here
    assert client.get(desk.path("languages/nb")).status_code == 404  # the original


def test_the_preview_shows_the_draft_in_each_language(desk: Desk) -> None:
    client = desk.client()
    client.post(desk.path("name"), {"name_nb": "Ny turn", "summary_nb": "Kom."})
    client.post(desk.path("languages/ar"), {"name_ar": "جمباز", "summary_ar": ""})
    frame = client.get(desk.path("preview") + "?lang=ar&width=wide")
    assert "frame-src 'self'" in frame.headers["Content-Security-Policy"]
    assert f'src="/ar/desk/p/{desk.provider.slug}' in frame.content.decode()
    assert "Ny turn" in client.get(desk.path("preview/page")).content.decode()
    arabic = client.get(desk.path("preview/page").replace("/nb/", "/ar/", 1)).content.decode()
    assert "جمباز" in arabic
    assert 'dir="rtl"' in arabic
    for row in (desk.provider, desk.place):
        assert client.get(desk.path("preview/page", row)).status_code == 200


def test_last_season_comes_along(desk: Desk) -> None:
    client = desk.client()
    client.post(desk.path("season"), {"first_day": "2027-01-05", "last_day": "2027-06-15", "page": "same"})
    session = draft(desk.activity).sessions.get()
    assert (session.weekday, session.first_day, session.last_day) == (2, date(2027, 1, 5), date(2027, 6, 15))
    assert fresh(desk.activity).sessions.get().first_day is None
    client.post(desk.path("season"), {"first_day": "2027-01-05", "last_day": "2027-06-15", "page": "new"})
    copy = Activity.objects.exclude(pk=desk.activity.pk).get(provider=desk.provider)
    assert (copy.live, copy.name_nb, copy.summary_nb) == (False, "Turn for nybegynnere", "For deg som aldri har prøvd.")
    assert copy.slug != "turn-for-nybegynnere"
    assert [place.pk for place in copy.places.all()] == [desk.place.pk]
    assert copy.sessions.get().first_day == date(2027, 1, 5)
    assert client.post(desk.path("season"), {"first_day": "2027-06-15", "last_day": "2027-01-05"}).status_code == 422


def test_single_days_move_by_whole_weeks() -> None:
    old = [
        Session(date=date(2026, 9, 3), weeks="every"),
        Session(date=date(2026, 9, 17), weeks="every", cancelled=["2026-09-17"]),
    ]
    new = moved(old, date(2027, 1, 6), date(2027, 6, 1))
    assert [s.date for s in new] == [date(2027, 1, 7), date(2027, 1, 21)]
    assert all(s.date.isoweekday() == 4 for s in new)
    assert new[1].cancelled == []


def test_a_break_hides_from_lists_and_ends_by_the_clock(desk: Desk) -> None:
    from directory.providers.pausing import end_breaks

    client = desk.client()
    until = timezone.localdate() + timedelta(days=10)
    other = ActivityFactory(municipality=desk.municipality, provider=desk.provider, name_nb="Egen pause")
    client.post(desk.path("break", other), {"until": (until + timedelta(days=30)).isoformat()})
    assert client.post(desk.path("break", desk.provider), {"until": until.isoformat()}).status_code == 302
    assert not Activity.objects.public().filter(pk=desk.activity.pk).exists()
    page = client.get("/nb/activities/turn-for-nybegynnere/")
    assert page.status_code == 200
    assert str(until.year) in page.content.decode().split("</header>")[1]
    assert end_breaks(timezone.now() + timedelta(days=9)) == 0
    assert end_breaks(timezone.now() + timedelta(days=10, hours=2)) == 1
    assert end_breaks(timezone.now() + timedelta(days=10, hours=2)) == 0
    assert Activity.objects.public().filter(pk=desk.activity.pk).exists()
    assert fresh(other).paused_at is not None
    client.post(desk.path("come-back", other))
    assert fresh(other).paused_at is None
    for wrong in (timezone.localdate(), timezone.localdate() + timedelta(days=400)):
        assert client.post(desk.path("break"), {"until": wrong.isoformat()}).status_code == 422


def test_what_is_closed_during_a_break_is_closed_and_nothing_else(desk: Desk) -> None:
    client = desk.client()
    client.post(desk.path("break"), {"until": (timezone.localdate() + timedelta(days=30)).isoformat()})
    assert desk.path("come-back") in client.get(desk.path()).content.decode()
    client.post(desk.path("close"), {"reason": "Ingen leder lenger"})
    page = client.get(desk.path()).content.decode()
    assert desk.path("reopen") in page
    assert desk.path("come-back") not in page
    assert fresh(desk.activity).get_absolute_url() not in page, "it answers 410"


def test_closing_and_asking_to_open_again(desk: Desk) -> None:
    from directory.reports.models import ErrorReport

    client = desk.client()
    client.post(desk.path("close"), {"reason": "Ingen leder lenger"})
    row = fresh(desk.activity)
    assert row.delisted_at
    assert "Ingen leder lenger" in row.delisted_reason
    assert client.get("/nb/activities/turn-for-nybegynnere/").status_code == 410
    assert client.get(desk.path("name")).status_code == 302  # a closed page is not written on
    client.post(desk.path("reopen"), {"reason": "Vi har fått ny leder"})
    client.post(desk.path("reopen"), {"reason": "Vi har fått ny leder"})
    report = ErrorReport.objects.get()
    assert (report.topic, report.text, report.municipality) == ("reopen", "Vi har fått ny leder", desk.municipality)


def test_asking_to_merge(desk: Desk) -> None:
    from directory.reports.models import ErrorReport

    twin = ActivityFactory(municipality=desk.municipality, provider=desk.provider, name_nb="Turn nybegynnere")
    client = desk.client()
    path = f"/nb/desk/p/{desk.provider.slug}/merge/"
    client.post(path, {"one": f"activities-{desk.activity.pk}", "other": f"activities-{twin.pk}", "reason": "Samme"})
    assert "Turn nybegynnere" in ErrorReport.objects.get(topic="merge").text
    foreign = ActivityFactory(municipality=desk.municipality, provider=desk.others)
    wrong = {"one": f"activities-{desk.activity.pk}", "other": f"activities-{foreign.pk}", "reason": ""}
    assert client.post(path, wrong).status_code == 422


def test_visitors_are_not_offered_the_providers_questions(desk: Desk) -> None:
    page = desk.client().get("/nb/activities/turn-for-nybegynnere/report/").content.decode()
    assert 'value="closed"' in page
    assert 'value="merge"' not in page
    assert 'value="reopen"' not in page


def test_own_figures_show_own_pages_only(desk: Desk) -> None:
    from portal.usage.models import DailySum, What
    from portal.usage.queries import last_weeks

    day = last_weeks(2).first
    theirs = ActivityFactory(municipality=desk.municipality, provider=desk.others)
    for key, count in ((f"activity:{desk.activity.pk}", 500), (f"activity:{theirs.pk}", 9000)):
        DailySum.objects.create(municipality=desk.municipality, day=day, what=What.VIEW, lang="nb", key=key, count=count)
    page = desk.client().get(f"/nb/desk/p/{desk.provider.slug}/figures/")
    assert sum(page.context["chart"].series[0].values) == 500
    assert "9\u00a0000" not in page.content.decode()


def test_hostile_words_are_only_words(desk: Desk) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}\x00'
    post(desk, desk.path("name"), name_nb=evil, summary_nb=evil)
    for path in (
        desk.path("name"),
        desk.path(),
        "/nb/desk/",
        f"/nb/desk/p/{desk.provider.slug}/send/",
        desk.path("preview/page"),
    ):
        page = desk.client().get(path).content.decode()
        assert "<script>alert" not in page, path
    assert "\x00" not in draft(desk.activity).name_nb
