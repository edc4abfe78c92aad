"""What staff of the demo town decide about: a proposal that changes much, a double of an association, answers kept for later."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from wagtail.models import TaskState

from directory.activities.models import Activity, Session
from directory.listings.kinds import Source, Visibility
from directory.municipalities.models import Municipality
from directory.proposals.models import SavedAnswer
from directory.providers.models import Membership, Provider
from portal.accounts.models import User
from portal.demo.town import Town

ANSWERS = (
    (
        "Åpningstid i ferien",
        {
            "nb": "Skriv også om dere har åpent i skoleferiene.",
            "en": "Please say whether you are open in the school holidays.",
            "uk": "Напишіть також, чи працюєте ви на шкільних канікулах.",
            "ar": "اكتب أيضًا هل تفتحون في العطلات المدرسية.",
        },
    ),
    (
        "Kontaktperson mangler",
        {
            "nb": "Skriv hvem en ny deltaker kan ringe eller sende melding til.",
            "en": "Please say whom a newcomer can call or write to.",
            "uk": "Напишіть, кому новий учасник може зателефонувати або написати.",
            "ar": "اكتب من يمكن للمشارك الجديد أن يتصل به أو يراسله.",
        },
    ),
)


def add_proposals(municipality: Municipality, town: Town) -> None:
    """Work for staff in every municipality; the richest in the first."""
    for position, (name, texts) in enumerate(ANSWERS):
        known = {f"text_{code}": text for code, text in texts.items() if code in municipality.languages}
        SavedAnswer.objects.create(municipality=municipality, name=name, position=position, **known)
    propose_much(municipality)
    add_double(municipality)
    give_age(municipality, town.today)


def propose_much(municipality: Municipality) -> None:
    """A volunteer has gone through the whole page: words, times, contact, labels."""
    own = Activity.objects.public().filter(municipality=municipality, has_unpublished_changes=False, sessions__isnull=False)
    activity = own.exclude(description_nb__in=["", None]).order_by("pk").distinct().first()
    if activity is None:
        return
    member, _new = User.objects.get_or_create(email=f"oppmann.{municipality.slug}@example.org", defaults={"name": "Oppmann Demo"})
    Membership.objects.get_or_create(user=member, provider=activity.provider, role=Membership.Role.EDITOR)
    draft = activity.get_latest_revision_as_object()
    draft.description_nb = draft.description_nb.replace("Alle", "Alle nye og gamle", 1) + " Nå med egen gruppe for nybegynnere."
    draft.description_en = "Now with a group of its own for beginners."
    draft.trial_nb = "De tre første gangene er gratis."
    draft.first_contact_name, draft.first_contact_phone = "Oppmann Demo", "00 00 47 11"
    draft.first_contact_visibility = Visibility.PUBLIC
    draft.spoken = sorted({*draft.spoken, "en", "uk"})
    draft.volunteers_wanted = not draft.volunteers_wanted
    draft.targets = list(draft.targets.all())[:1]
    rows = list(draft.sessions.all())
    rows[0].starts, rows[0].ends = time(17, 30), time(19, 0)
    weekday = next(day for day in range(1, 8) if day not in {row.weekday for row in rows})
    draft.sessions = [
        *rows,
        Session(weekday=weekday, starts=time(18, 0), ends=time(19, 30), place=rows[0].place, note="Ny gruppe"),
    ]
    draft.save_revision(user=member, log_action="wagtail.edit")
    draft.get_workflow().start(draft, member)


def add_double(municipality: Municipality) -> None:
    """An association that came in twice: once from a register, once by hand, and not public yet."""
    one = (
        Provider.objects.public().filter(municipality=municipality, kind=Provider.ProviderKind.ASSOCIATION).order_by("pk").first()
    )
    if one is None:
        return
    double = Provider(
        municipality=municipality,
        name_nb=f"{one.name_nb} IL",
        summary_nb="Satt inn for hånd etter en telefon.",
        email=one.email,
        phone=one.phone,
        contact_name=one.contact_name,
        street=one.street,
        postcode=one.postcode,
        city=one.city,
        live=False,
        source=Source.STAFF,
    )
    double.save()


def give_age(municipality: Municipality, today: date) -> None:
    """What waits came in over some weeks."""
    waiting = TaskState.objects.filter(
        status=TaskState.STATUS_IN_PROGRESS, workflow_state__workflow=municipality.workflow_id
    ).order_by("pk")
    for n, pk in enumerate(waiting.values_list("pk", flat=True)):
        at = timezone.make_aware(datetime.combine(today, time(9, 5))) - timedelta(days=1 + 2 * n, minutes=n * 13)
        TaskState.objects.filter(pk=pk).update(started_at=at)
