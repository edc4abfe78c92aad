"""What associations of the demo town do on their desk: a draft, something sent, something sent back, a break, certificates."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.providers.actions import ask_for_access, attest, invite
from directory.providers.models import Membership, Provider
from directory.providers.pausing import pause
from portal.accounts.models import User
from portal.demo.town import Town
from portal.desk.editing.actions import draft_of, keep, send
from portal.desk.editing.states import approval_of

WORDS = "Alle er velkomne på prøvetime de første tre ukene i januar. Ta med inneklær og drikkeflaske."
ANSWER = "Fint! Kan dere skrive hva det koster, og om man må melde seg på først?"
NEWCOMERS = (
    ("styreleder@example.org", "Jeg er ny leder i styret etter årsmøtet."),
    ("kasserer@example.org", "Jeg har overtatt som kasserer og skal holde sida i orden."),
)


def add_desk(municipality: Municipality, town: Town) -> None:
    """Work in every state, at the providers that have an editor; questions for pages of others."""
    at = timezone.make_aware(datetime.combine(town.today - timedelta(days=2), time(18, 40)))
    editor = User.objects.filter(memberships__provider__municipality=municipality).order_by("pk").first()
    if editor is None:
        return
    own = list(Provider.objects.filter(municipality=municipality, memberships__user=editor).order_by("pk"))
    pages = list(Activity.objects.public().filter(provider__in=own, has_unpublished_changes=False).order_by("pk")[:4])
    for n, page in enumerate(pages):
        page.municipality = municipality
        draft = draft_of(page)
        if n < 3 and not draft.bring_nb:
            draft.bring_nb = "Inneklær og drikkeflaske."
        if n < 3:
            draft.description_nb = f"{draft.description_nb or ''}\n\n{WORDS}".strip()
            keep(draft=draft, by=editor, at=at)
        if n in (1, 2):
            send(listing=Activity.objects.get(pk=page.pk), by=editor, at=at)
        if n == 2 and (approval := approval_of(page)) is not None:
            state = approval.current_task_state.specific
            state.task.specific.on_action(state, None, "reject", comment=ANSWER)
        if n == 3:
            pause(listing=page, until=town.today + timedelta(days=45), by=editor, at=at)
    for provider in own[:2]:
        attest(provider=provider, seen_on=town.today - timedelta(days=120), said_by="Kari Demo, leder", by=editor, at=at)
    if own:
        invite(provider=own[0], email="nytt-styremedlem@example.org", by=editor, at=at, role=Membership.Role.EDITOR)
    others = Provider.objects.public().filter(municipality=municipality).exclude(memberships__isnull=False).order_by("pk")
    for (email, message), provider in zip(NEWCOMERS, others[:2], strict=False):
        user, _new = User.objects.get_or_create(email=f"{municipality.slug}-{email}")
        ask_for_access(municipality=municipality, user=user, provider=provider, message=message, at=at)
    person, _new = User.objects.get_or_create(email=f"{municipality.slug}-strikkekafe@example.org")
    ask_for_access(
        municipality=municipality,
        user=person,
        name="Strikkekafeen på Torstvet" if municipality.number == "3909" else "Strikkekafeen",
        kind=Provider.ProviderKind.INFORMAL,
        message="Vi er fem naboer som strikker sammen hver torsdag, og vil ha med flere.",
        at=at,
    )
