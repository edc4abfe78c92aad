"""Which rows of which model belong to a municipality.

Generated from the tenancy: a model with a way to its municipality is taken along by itself. Every other model needs a line
here, in `ROWS` (how its rows are found) or in `LEFT_OUT` (why they stay); a model without one fails the tests and the export.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Field, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Collection, Page

from cards.offers.crossing import first_of
from cards.offers.unlinking import due_by
from directory.municipalities.models import Municipality
from directory.municipalities.tenancy import tenant_path
from portal.accounts.models import User

#: Why rows of these models stay behind.
MADE_ANEW = "made anew for the municipality, with the rights that staff have in the version that reads it"
COUNTED_ANEW = "worked out anew from what is exported"
KEYS = "lets somebody in, so that it belongs to one installation only"
PASSING = "forgotten within days, and of no use elsewhere"
SHARED = "belongs to the whole installation, not to a municipality"
UNUSED = "not in use"
CARDS = "belongs to cards that are out: they open only where they were made, and a year is finished where it was begun"
COUNTS_CARDS = "counts what cards were used for; statements and figures tell what came of it"

LEFT_OUT: dict[str, str] = {
    "wagtailcore.Site": MADE_ANEW,
    "auth.Group": MADE_ANEW,
    "wagtailcore.Workflow": MADE_ANEW,
    "wagtailcore.WorkflowTask": MADE_ANEW,
    "wagtailcore.Task": MADE_ANEW,
    "wagtailcore.GroupApprovalTask": MADE_ANEW,
    "wagtailcore.GroupPagePermission": MADE_ANEW,
    "wagtailcore.GroupCollectionPermission": MADE_ANEW,
    "wagtailcore.GroupSitePermission": MADE_ANEW,
    "wagtailcore.WorkflowContentType": SHARED,
    "wagtailcore.WorkflowPage": MADE_ANEW,
    "accounts.User_groups": MADE_ANEW,
    "accounts.User_user_permissions": SHARED,
    "auth.Permission": SHARED,
    "contenttypes.ContentType": SHARED,
    "wagtailcore.Locale": SHARED,
    "taggit.Tag": "stands by its name with the pictures and documents that carry it",
    "translating.Tally": COUNTED_ANEW,
    "translating.Changed": COUNTED_ANEW,
    "translating.Spent": SHARED,
    "translating.Offered": SHARED,
    "usage.HeldWords": "keyed with a secret of this installation; words that enough have asked for stand in the daily sums",
    "search.SearchDoc": COUNTED_ANEW,
    "search.SearchRemoval": COUNTED_ANEW,
    "search.SearchTerm": COUNTED_ANEW,
    "search.SearchState": COUNTED_ANEW,
    "wagtailsearch.IndexEntry": COUNTED_ANEW,
    "wagtailsearch.SQLiteFTSIndexEntry": COUNTED_ANEW,
    "wagtailcore.ReferenceIndex": COUNTED_ANEW,
    "wagtailimages.Rendition": COUNTED_ANEW,
    "wagtailembeds.Embed": UNUSED,
    "wagtailadmin.Admin": SHARED,
    "wagtailadmin.EditingSession": PASSING,
    "wagtailadmin.FormState": PASSING,
    "wagtailcore.UploadedFile": PASSING,
    "wagtailusers.UserProfile": "how a person likes to have the staff screens; chosen anew",
    "wagtailcore.Comment": UNUSED,
    "wagtailcore.CommentReply": UNUSED,
    "wagtailcore.PageSubscription": UNUSED,
    "directory.FormUse": PASSING,
    "directory.UndeliverableAddress": "kept for all municipalities together; the first letter that comes back tells it anew",
    "django_tasks_database.DBTaskResult": PASSING,
    "accounts.SignIn": "when somebody signed in to this installation; kept here for a year and nowhere else",
    "accounts.OpenSession": KEYS,
    "accounts.LimitUse": PASSING,
    "accounts.ProvidedRole": "given by the sign-in of this installation, and given anew there",
    "account.EmailConfirmation": KEYS,
    "mfa.Authenticator": KEYS,
    "socialaccount.SocialApp": KEYS,
    "socialaccount.SocialAccount": "who one is at the sign-in of this installation",
    "socialaccount.SocialToken": KEYS,
    "frontline.UsedDraft": PASSING,
    "cards.Batch": CARDS,
    "cards.Card": CARDS,
    "cards.Allowance": CARDS,
    "cards.CodeSheet": CARDS,
    "cards.Wallet": CARDS,
    "cards.WalletCard": CARDS,
    "cards.Transfer": PASSING,
    "cards.OutgoingText": PASSING,
    "cards.DuplicateTag": "keyed with a secret of this installation",
    "cards.ExternalCode": KEYS,
    "cards.Device": KEYS,
    "cards.DeviceInvitation": KEYS,
    "cards.Redemption": COUNTS_CARDS,
    "cards.Ceiling": COUNTS_CARDS,
    "cards.Refusal": COUNTS_CARDS,
    "cards.Settlement": "accounts of uses, which stay; each statement is a sheet (sheets/card-statements.csv)",
    "cards.LineChange": "done by the queue of this installation; the lines stand as they became",
    "sessions.Session": KEYS,
}

#: Models of which the municipality has exactly one row of its own, made when it is set up: named "own" in the file.
FIXED = frozenset({"wagtailcore.Site", "auth.Group", "wagtailcore.Workflow", "wagtailcore.Task"})
#: Models whose rows are named by a word of theirs.
NAMED = {"contenttypes.ContentType": "", "wagtailcore.Locale": "language_code", "taggit.Tag": "name"}
#: Columns that stay behind though the row goes.
WITHHELD: dict[str, frozenset[str]] = {
    "accounts.User": frozenset({"password", "is_superuser", "is_staff"}),
    "directory.ImportRun": frozenset({"claim", "heartbeat_at"}),
    "directory.Comparison": frozenset({"facts"}),  # by which a merge is undone within its month, here
    # Keys of deeds are of this installation.
    "cards.CardType": frozenset({"key"}),
    "cards.Stock": frozenset({"key"}),
    "cards.Offer": frozenset({"key"}),
}

Rows = Callable[["Scope"], "QuerySet[Any]"]


def own_pages(scope: Scope, model: type[Model], prefix: str = "") -> QuerySet[Any]:
    """Rows of a model that hangs on a page (`prefix` leads there)."""
    return every(model).filter(**{f"{prefix}path__startswith": scope.root.path}) if scope.root else every(model).none()


def of_rows(scope: Scope, model: type[Model], content_type: str, models: list[type[Model]]) -> QuerySet[Any]:
    """Rows that name another row by its content type and its id as a text."""
    found = Q(pk__in=[])
    for target in models:
        ids = scope.rows(target).order_by().annotate(as_text=Cast("pk", CharField())).values("as_text")
        found |= Q(**{content_type: ContentType.objects.get_for_model(target), "object_id__in": ids})
    return every(model).filter(found)


def with_history(scope: Scope) -> list[type[Model]]:
    """The models whose drafts and approvals are kept."""
    from wagtail.models import RevisionMixin

    return [model for model in scope.models if issubclass(model, RevisionMixin) and not model._meta.parents] + [Page]


#: What the journal of the cards' bounds calls a row → its model. Those of rows that stay behind stay too.
JOURNALS = {
    "offer": "cards.Offer",
    "offer-price": "cards.Offer",
    "stock": "cards.Stock",
    "quota": "cards.AgencyQuota",
    "card-type": "cards.CardType",
    "card-type-line": "cards.CardTypeLine",
}


def inside(scope: Scope, label: str) -> QuerySet[Any]:
    """The ids of a municipality's rows of a model."""
    return scope.rows(apps.get_model(label)).order_by().values("pk")


def of_programmes(scope: Scope, label: str, programme: str, owner: str = "municipality") -> QuerySet[Any]:
    """A municipality's own rows in card programmes that it looks after itself."""
    return every(label).filter(**{owner: scope.municipality, f"{programme}__municipality": scope.municipality})


def with_its_offer(scope: Scope, lines: QuerySet[Any]) -> QuerySet[Any]:
    """Lines whose offer or category goes too: one of the two must stand there."""
    return lines.filter(Q(offer__in=inside(scope, "cards.Offer")) | Q(category__municipality=scope.municipality))


ROWS: dict[str, Rows] = {
    "wagtailcore.Page": lambda scope: own_pages(scope, Page),
    "wagtailcore.Collection": lambda scope: every(Collection).filter(path__startswith=scope.collection.path),
    "wagtailimages.Image": lambda scope: every(Image).filter(
        Q(collection__path__startswith=scope.collection.path) | Q(pk__in=scope.pointed_at[Image])
    ),
    "wagtaildocs.Document": lambda scope: every(Document).filter(
        Q(collection__path__startswith=scope.collection.path) | Q(pk__in=scope.pointed_at[Document])
    ),
    "wagtailcore.Revision": lambda scope: of_rows(
        scope, apps.get_model("wagtailcore.Revision"), "base_content_type", with_history(scope)
    ),
    "wagtailcore.WorkflowState": lambda scope: of_rows(
        scope, apps.get_model("wagtailcore.WorkflowState"), "base_content_type", with_history(scope)
    ),
    "wagtailcore.TaskState": lambda scope: every("wagtailcore.TaskState").filter(
        workflow_state__in=scope.rows(apps.get_model("wagtailcore.WorkflowState")).values("pk")
    ),
    "wagtailcore.PageLogEntry": lambda scope: every("wagtailcore.PageLogEntry").filter(
        page_id__in=own_pages(scope, Page).values("pk")
    ),
    "wagtailcore.ModelLogEntry": lambda scope: of_rows(
        scope, apps.get_model("wagtailcore.ModelLogEntry"), "content_type", [Image, Document]
    ),
    "wagtailcore.PageViewRestriction": lambda scope: own_pages(
        scope, apps.get_model("wagtailcore.PageViewRestriction"), "page__"
    ),
    "wagtailcore.CollectionViewRestriction": lambda scope: every("wagtailcore.CollectionViewRestriction").filter(
        collection__path__startswith=scope.collection.path
    ),
    "wagtailredirects.Redirect": lambda scope: every("wagtailredirects.Redirect").filter(site__municipality=scope.municipality),
    "taggit.TaggedItem": lambda scope: every("taggit.TaggedItem").filter(
        Q(content_type=ContentType.objects.get_for_model(Image), object_id__in=scope.rows(Image).values("pk"))
        | Q(content_type=ContentType.objects.get_for_model(Document), object_id__in=scope.rows(Document).values("pk"))
    ),
    "directory.ImportRow": lambda scope: every("directory.ImportRow").filter(run__municipality=scope.municipality),
    "directory.ImportedListing": lambda scope: every("directory.ImportedListing").filter(run__municipality=scope.municipality),
    "accounts.User": lambda scope: every(User).filter(pk__in=scope.pointed_at[User]),
    # Of a programme that another municipality looks after nothing can stand without it.
    "cards.ProgrammeMember": lambda scope: of_programmes(scope, "cards.ProgrammeMember", "programme"),
    "cards.ProviderAgreement": lambda scope: of_programmes(scope, "cards.ProviderAgreement", "programme").filter(
        provider__municipality=scope.municipality
    ),
    "cards.Offer": lambda scope: every("cards.Offer").filter(agreement__in=inside(scope, "cards.ProviderAgreement")),
    "cards.Stock": lambda scope: every("cards.Stock").filter(offer__in=inside(scope, "cards.Offer")),
    "cards.CardTypeLine": lambda scope: with_its_offer(
        scope, every("cards.CardTypeLine").filter(card_type__year__programme__municipality=scope.municipality)
    ),
    "cards.AgencyQuota": lambda scope: of_programmes(
        scope, "cards.AgencyQuota", "card_type__year__programme", "agency__municipality"
    ),
    "cards.CardSum": lambda scope: of_programmes(scope, "cards.CardSum", "year__programme"),
    # Those of months that are not rounded yet are for nobody's eyes.
    "cards.UseSum": lambda scope: of_programmes(scope, "cards.UseSum", "year__programme").filter(
        month__lt=first_of(due_by(timezone.now()))
    ),
    "cards.LineSum": lambda scope: with_its_offer(scope, of_programmes(scope, "cards.LineSum", "year__programme")),
    "cards.CountChange": lambda scope: every("cards.CountChange").filter(
        reduce(or_, (Q(what=what, ref__in=inside(scope, label)) for what, label in JOURNALS.items()))
    ),
}


#: Rows that are found by the person they are about.
OF_PEOPLE: frozenset[str] = frozenset({"account.EmailAddress", "privacy.ErasureRequest"})
for _label in OF_PEOPLE:
    ROWS[_label] = lambda scope, label=_label: every(label).filter(user__in=scope.pointed_at[User])  # type: ignore[misc]

#: Columns that hold another row's id without saying so: the row's kind of listing stands in the column named here.
BY_KIND: dict[str, dict[str, str]] = {
    "directory.MovedListing": {"to_id": "kind"},
    "directory.ErrorReport": {"listing_id": "kind"},
    "directory.LinkCheck": {"listing_id": "kind"},
    "directory.ImportedListing": {"object_id": "kind"},
    "directory.ImportRow": {"candidate_pk": "candidate_kind"},
    "directory.Comparison": {"kept_id": "kind", "other_id": "kind"},
    "contact.Enquiry": {"listing_id": "kind"},
    "frontline.Nudge": {"listing_id": "kind"},
    "cards.CountChange": {"ref": "what"},
}
#: Columns that look like another row's id and are none.
NO_REFERENCES: dict[str, frozenset[str]] = {
    "wagtailcore.Revision": frozenset(),
}


class Unknown(LookupError):
    """A model that nobody has said anything about."""


def every(model: type[Model] | str) -> QuerySet[Any]:
    """All rows, past the managers: those of translated models would read and filter another column than the one named."""
    return QuerySet(apps.get_model(model) if isinstance(model, str) else model)


def installed() -> list[type[Model]]:
    """Every model with a table of its own."""
    return [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]


def label_of(model: type[Model]) -> str:
    """How a model is called in the tables above."""
    return model._meta.label


def owner_of_links(model: type[Model]) -> Field[Any, Any] | None:
    """For a table of links, the column that names the row whose links they are."""
    if not (made_for := model._meta.auto_created):
        return None
    for field in made_for._meta.local_many_to_many:  # type: ignore[union-attr,attr-defined]
        if field.remote_field.through is model:
            return model._meta.get_field(field.m2m_field_name())  # type: ignore[return-value]
    return None


def is_taken(model: type[Model]) -> bool:
    """Whether rows of this model are exported. Raises `Unknown` where nobody has said."""
    label = label_of(model)
    if label in LEFT_OUT:
        return False
    if label in ROWS or tenant_path(model) is not None:
        return True
    if owner := owner_of_links(model):
        return is_taken(owner.related_model)  # type: ignore[arg-type]
    if model._meta.parents:
        return is_taken(next(iter(model._meta.parents)))
    raise Unknown(label)


def taken() -> list[type[Model]]:
    """Every model whose rows are exported, in a fixed order."""
    return sorted((model for model in installed() if is_taken(model)), key=label_of)


def unknown() -> list[str]:
    """Models that need a line in this file."""
    found = []
    for model in installed():
        try:
            is_taken(model)
        except Unknown as error:
            found.append(str(error))
    return sorted(set(found))


class Scope:
    """The rows of one municipality.

    `pointed_at` names people, and pictures and documents in the library that municipalities share; `writing.survey` fills it.
    """

    municipality: Municipality

    def __init__(self, municipality: Municipality) -> None:
        self.municipality = municipality
        self.collection: Any = municipality.collection
        self.models = taken()
        self.pointed_at: dict[type[Model], set[int]] = {Image: set(), Document: set(), User: set()}
        self._numbers: dict[type[Model], array[int]] = {}

    @cached_property
    def root(self) -> Page | None:
        """The front page."""
        return self.municipality.site.root_page if self.municipality.site else None

    def rows(self, model: type[Model]) -> QuerySet[Any]:
        """The municipality's rows of a model, in the order of their ids."""
        label = label_of(model)
        if found := ROWS.get(label):
            rows = found(self)
        elif (path := tenant_path(model)) is not None:
            rows = every(model).filter(**{path: self.municipality.pk})
        elif owner := owner_of_links(model):
            rows = every(model).filter(**{f"{owner.name}__in": self.rows(owner.related_model).values("pk")})  # type: ignore[arg-type]
        else:
            parent = next(iter(model._meta.parents))
            rows = every(model).filter(pk__in=self.rows(parent).values("pk"))
        return rows.order_by("pk")

    def number(self, model: type[Model], pk: Any) -> int | None:
        """The number a row has in the file: its place among the municipality's rows of its model. None: it is not there."""
        model = base_of(model)
        if not (is_taken(model) and has_numbers(model)):
            return None
        if model not in self._numbers:
            self._numbers[model] = array("q", self.rows(model).values_list("pk", flat=True).iterator())
        known = self._numbers[model]
        if not isinstance(pk, int):
            return None
        place = bisect_left(known, pk)
        return place + 1 if place < len(known) and known[place] == pk else None


def base_of(model: type[Model]) -> type[Model]:
    """The model whose ids a model has: that of its topmost parent."""
    while model._meta.parents:
        model = next(iter(model._meta.parents))
    return model


def has_numbers(model: type[Model]) -> bool:
    """Whether rows are numbered by an id the database gave out (and not by a word, or by the row they belong to)."""
    return model._meta.pk is not None and model._meta.pk.get_internal_type() in {"AutoField", "BigAutoField", "SmallAutoField"}
