"""What waits for staff: listings that were sent for approval, and people who ask to keep a page.

The queue mixes five models. Its order is found from a few columns of all that waits; only the rows of the page shown are read
further. The number of queries does not grow with what waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, F, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.models import TaskState, WorkflowState

from directory.listings.kinds import Kind
from directory.listings.likeness import ALIKE, likeness
from directory.listings.models import Category, Listing
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import mine, search_rows
from directory.proposals.models import Reply
from directory.providers.models import AccessRequest, Provider
from portal.kit.texts import best
from portal.languages import CODES

REQUEST = "request"  # the fifth kind of thing that waits
SORTS = {
    "oldest": _("The oldest first"),
    "newest": _("The newest first"),
    "name": _("By name"),
    "provider": _("By provider"),
}
CHUNK = 500

Key = tuple[str, int]  # kind and primary key


def models() -> dict[str, type[Listing]]:
    """The model of each kind of listing."""
    return {model.KIND.value: model for model in Listing.__subclasses__()}


@dataclass(frozen=True, slots=True)
class Question:
    """What of the queue is asked for."""

    kinds: tuple[str, ...] = ()
    category: str = ""  # slug
    provider: int | None = None
    words: str = ""
    sort: str = "oldest"

    @classmethod
    def of(cls, params: QueryDict) -> Question:
        """The question in an address; what makes no sense is left out."""
        known = [*Kind.values, REQUEST]
        provider = params.get("provider", "")
        sort = params.get("sort", "")
        return cls(
            kinds=tuple(kind for kind in known if kind in params.getlist("kind")),
            category=params.get("category", "").replace("\x00", "")[:80],
            provider=int(provider) if provider.isdecimal() and len(provider) < 19 else None,
            words=params.get("q", "").replace("\x00", " ").strip()[:100],
            sort=sort if sort in SORTS else "oldest",
        )

    def address(self, **other: Any) -> str:
        """The same question with something else in it, as the end of an address."""
        own: dict[str, Any] = {
            "kind": list(self.kinds),
            "category": self.category,
            "provider": self.provider or "",
            "q": self.words,
            "sort": "" if self.sort == "oldest" else self.sort,
        }
        return urlencode({name: value for name, value in (own | other).items() if value}, doseq=True)

    @property
    def narrowed(self) -> bool:
        return bool(self.kinds or self.category or self.provider or self.words)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the queue."""

    kind: str
    pk: int
    name: str
    provider_id: int | None
    provider: str
    sender: str
    since: datetime
    is_new: bool
    municipality: str
    revision: int | None = None
    becomes: str = ""  # a new name, where the proposal gives one

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.pk}"


# ── whose and which ─────────────────────────────────────────────────────────────────────────────────────────


def waiting_rows(model: type[Listing], user: Any, question: Question) -> QuerySet[Any]:
    """The user's listings of one kind that the question is about, waiting or not."""
    rows = mine(model, user).order_by()
    if question.provider:
        rows = rows.filter(**{"pk" if model is Provider else "provider": question.provider})
    if question.category:
        rows = rows.filter(in_category(model, user, question.category))
    if question.words:
        own = [f"name_{code}" for code in CODES]
        theirs = [] if model is Provider else [f"provider__name_{code}" for code in ("nb", "nn", "en")]
        senders = ["latest_revision__object_str", "latest_revision__user__name", "latest_revision__user__email"]
        waiting = rows.filter(pk__in=states(model).values("row"))  # the words are looked for in what waits alone
        rows = search_rows(waiting, question.words, [*own, *theirs, *senders])
    return rows


def in_category(model: type[Listing], user: Any, slug: str) -> Q:
    """Listings of a category or one below it; something never published has its categories in its draft only."""
    below = list(mine(Category, user).filter(Q(slug=slug) | Q(parent__slug=slug)).values_list("pk", flat=True))
    published = Q(pk__in=model.categories.through.objects.filter(category__in=below).values(f"{model._meta.model_name}_id"))
    if not below:
        return published
    numbers = "|".join(map(str, below))
    drafts = (
        model._default_manager.filter(live=False, pk__in=states(model).values("row"))
        .order_by()
        .annotate(said=Cast(KeyTextTransform("categories", "latest_revision__content"), TextField()))
        .filter(said__regex=rf"(^|[^0-9])({numbers})([^0-9]|$)")
    )
    return published | Q(pk__in=drafts.values("pk"))


def states(model: type[Listing]) -> QuerySet[TaskState]:
    """What waits of one kind, with the number of its `row`."""
    return TaskState.objects.filter(
        status=TaskState.STATUS_IN_PROGRESS,
        workflow_state__status=WorkflowState.STATUS_IN_PROGRESS,
        workflow_state__current_task_state=F("pk"),
        workflow_state__base_content_type=ContentType.objects.get_for_model(model),
    ).annotate(row=Cast("workflow_state__object_id", BigIntegerField()))


def requests(user: Any, question: Question) -> QuerySet[AccessRequest]:
    """Who waits for an answer to the question for a page."""
    rows = mine(AccessRequest, user).filter(state=AccessRequest.State.WAITING).order_by()
    if question.provider:
        rows = rows.filter(provider=question.provider)
    if question.category:
        rows = rows.filter(provider__in=Provider.objects.filter(in_category(Provider, user, question.category)).values("pk"))
    if question.words:
        named = [f"provider__name_{code}" for code in CODES]
        rows = search_rows(rows, question.words, ["name", "org_number", "user__email", "user__name", *named])
    return rows


# ── the order ───────────────────────────────────────────────────────────────────────────────────────────────


def in_order(user: Any, question: Question) -> list[tuple[Key, datetime]]:
    """Everything that waits, in the order asked for: kind, number, since when."""
    found: list[tuple[Key, datetime]] = []
    for kind, model in models().items():
        if question.kinds and kind not in question.kinds:
            continue
        rows = states(model).filter(row__in=waiting_rows(model, user, question).values("pk"))
        found += [((kind, row), since) for row, since in rows.values_list("row", "started_at")]
    if not question.kinds or REQUEST in question.kinds:
        asked = requests(user, question).values_list("pk", "created_at")
        found += [((REQUEST, pk), since) for pk, since in asked]
    found.sort(key=lambda one: (one[1], one[0]), reverse=question.sort == "newest")
    if question.sort in ("name", "provider"):
        names = sorting_names(user, question)
        found.sort(key=lambda one: names.get(one[0], ""))
    return found


def sorting_names(user: Any, question: Question) -> dict[Key, str]:
    """By what each thing that waits is put in order: its own name or its provider's, as people put letters in order."""
    by_provider = question.sort == "provider"
    names: dict[Key, str] = {}
    for kind, model in models().items():
        stem = "provider__name" if by_provider and model is not Provider else "name"
        rows: Any = waiting_rows(model, user, question).filter(pk__in=states(model).values("row"))
        rows = rows.rewrite(False)  # the columns are named by their language: nothing is to be looked up for each row
        for pk, *said in rows.values_list("pk", f"{stem}_nb", f"{stem}_nn", f"{stem}_en"):
            names[kind, pk] = next(filter(None, said), "") or ""
    asked = requests(user, question).values_list("pk", "name", "provider__name_nb", "provider__name_nn")
    names |= {(REQUEST, pk): next(filter(None, said), "") or "" for pk, *said in asked}
    return {key: name.casefold().translate(LAST) for key, name in names.items()}


#: Å stands last in the alphabet, and æ before ø.
LAST = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})


def next_after(user: Any, question: Question, key: Key) -> Key | None:
    """What follows in the queue, also when `key` itself waits no longer; the first one after the last."""
    keys = [one for one, _since in in_order(user, question)]
    if key in keys:
        place = keys.index(key)
        keys = keys[place + 1 :] + keys[:place]
    return keys[0] if keys else None


# ── the lines ───────────────────────────────────────────────────────────────────────────────────────────────


def items(user: Any, found: Iterable[tuple[Key, datetime]]) -> list[Item]:
    """The lines of what was found, in the same order."""
    found = list(found)
    wanted: dict[str, list[int]] = {}
    for (kind, pk), _since in found:
        wanted.setdefault(kind, []).append(pk)
    languages = {row.pk: row for row in mine(Municipality, user).only("pk", "name", "languages")} if wanted else {}
    since = dict(found)
    lines: dict[Key, Item] = {}
    for kind, model in models().items():
        for pks in chunks(wanted.get(kind, [])):
            lines |= {(kind, item.pk): item for item in listing_items(model, pks, since, languages)}
    for pks in chunks(wanted.get(REQUEST, [])):
        lines |= {(REQUEST, item.pk): item for item in request_items(pks, since, languages)}
    return [lines[key] for key, _since in found if key in lines]


def chunks(pks: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(pks), CHUNK):
        yield pks[start : start + CHUNK]


def listing_items(
    model: type[Listing], pks: list[int], since: dict[Key, datetime], languages: dict[int, Municipality]
) -> Iterator[Item]:
    texts = [f"name_{code}" for code in CODES]
    theirs = [] if model is Provider else [f"provider__name_{code}" for code in CODES]
    sender = ["latest_revision__user__name", "latest_revision__user__email", "latest_revision__object_str"]
    own = ["pk", "municipality", "live", "latest_revision", *([] if model is Provider else ["provider"])]
    for row in model.objects.filter(pk__in=pks).order_by().values(*own, *texts, *theirs, *sender):
        municipality = languages[row["municipality"]]
        order = municipality.order_for(municipality.languages[0])
        name = best({code: row[f"name_{code}"] for code in CODES}, "", order).value
        provider = best({code: row.get(f"provider__name_{code}") for code in CODES}, "", order).value
        proposed = row["latest_revision__object_str"] or ""
        plain = best({code: row[f"name_{code}"] for code in CODES}, "", CODES).value  # as a revision is called
        yield Item(
            kind=model.KIND.value,
            pk=row["pk"],
            name=name or proposed,
            provider_id=row["pk"] if model is Provider else row["provider"],
            provider=name if model is Provider else provider,
            sender=row["latest_revision__user__name"] or row["latest_revision__user__email"] or "",
            since=since[model.KIND.value, row["pk"]],
            is_new=not row["live"],
            municipality=municipality.name,
            revision=row["latest_revision"],
            becomes=proposed if name and proposed and proposed != plain else "",
        )


def request_items(pks: list[int], since: dict[Key, datetime], languages: dict[int, Municipality]) -> Iterator[Item]:
    theirs = [f"provider__name_{code}" for code in CODES]
    columns = ["pk", "municipality", "name", "provider", "user__name", "user__email"]
    for row in AccessRequest.objects.filter(pk__in=pks).order_by().values(*columns, *theirs):
        municipality = languages[row["municipality"]]
        order = municipality.order_for(municipality.languages[0])
        provider = best({code: row[f"provider__name_{code}"] for code in CODES}, "", order).value
        yield Item(
            kind=REQUEST,
            pk=row["pk"],
            name=provider or row["name"],
            provider_id=row["provider"],
            provider=provider,
            sender=row["user__name"] or row["user__email"],
            since=since[REQUEST, row["pk"]],
            is_new=row["provider"] is None,
            municipality=municipality.name,
        )


# ── one request ─────────────────────────────────────────────────────────────────────────────────────────────


def alike(asked: AccessRequest, most: int = 5) -> list[tuple[Provider, int]]:
    """Listed providers that a request for a new page may mean: with the same number, or nearly the same name (per cent)."""
    rows = Provider.objects.filter(municipality=asked.municipality_id, delisted_at=None)  # neither closed nor merged away
    named = rows.values_list("pk", "name_nb", "name_nn", "name_en")
    scores = {pk: round(max(likeness(asked.name, name or "") for name in names)) for pk, *names in named}
    found = {pk: score for pk, score in scores.items() if score >= ALIKE}
    if asked.org_number:
        found |= dict.fromkeys(rows.filter(org_number=asked.org_number).values_list("pk", flat=True), 100)
    best_first = sorted(found, key=lambda pk: -found[pk])[:most]
    providers = rows.in_bulk(best_first)
    return [(providers[pk], found[pk]) for pk in best_first]


def signs(asked: AccessRequest) -> list[str]:
    """What speaks for it that somebody belongs to the provider they ask for."""
    provider, address = asked.provider, asked.user.email.lower()
    if provider is None:
        return []
    found = []
    if provider.email and provider.email.lower() == address:
        found.append(_now("The person's mail address is the one on the page."))
    domain = address.rpartition("@")[2]
    website = (urlsplit(provider.website).hostname or "").removeprefix("www.")
    if website and domain == website:
        found.append(_now("The person's mail address belongs to the website on the page."))
    return found


# ── one proposal ────────────────────────────────────────────────────────────────────────────────────────────


def listing_of(state: WorkflowState) -> Any:
    """The listing a workflow is about; None for a page."""
    model: Any = state.base_content_type.model_class()
    if model is None or not issubclass(model, Listing):
        return None
    # Read anew: what the workflow holds may be older than what has just been published.
    return model.objects.select_related("municipality__site", "latest_revision__user").filter(pk=state.object_id).first()


@dataclass(frozen=True, slots=True)
class Answered:
    """What staff said when they sent a proposal back."""

    text: str
    remarks: dict[str, str]
    by: Any
    at: datetime | None


def reply_to(listing: Listing) -> Answered | None:
    """What staff said of the newest proposal, while it waits for its provider to change it; None else."""
    state = listing.current_workflow_state
    if state is None or state.status != WorkflowState.STATUS_NEEDS_CHANGES or state.current_task_state is None:
        return None
    return answered(state.current_task_state)


def answered(task_state: TaskState) -> Answered:
    """What was said of one version."""
    reply = Reply.objects.filter(task_state=task_state.pk).first()
    return Answered(task_state.comment, reply.remarks if reply else {}, task_state.finished_by, task_state.finished_at)


def earlier_answers(listing: Listing) -> list[Answered]:
    """What staff have said of this listing's earlier versions, the newest first."""
    rows = (
        TaskState.objects.filter(
            workflow_state__base_content_type=ContentType.objects.get_for_model(type(listing)),
            workflow_state__object_id=str(listing.pk),
            status=TaskState.STATUS_REJECTED,
        )
        .select_related("finished_by")
        .order_by("-finished_at")[:10]
    )
    replies = {reply.task_state_id: reply for reply in Reply.objects.filter(task_state__in=[row.pk for row in rows])}
    return [
        Answered(row.comment, replies[row.pk].remarks if row.pk in replies else {}, row.finished_by, row.finished_at)
        for row in rows
    ]
