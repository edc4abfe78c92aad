"""Runs of imports, their rows, and what each row wrote: enough to explain, mend and undo them.

    ImportRun ──< ImportRow ──< ImportedListing → (kind, object_id) of a listing

A row keeps its cells as they were read, its verdict and its reasons. Nothing that was in the file is lost with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind, Visibility
from directory.municipalities.models import Municipality
from directory.sources.spreadsheets.problems import Problem


class Verdict(models.TextChoices):
    """What becomes of a row. Every row has exactly one, so the summary always adds up."""

    NEW = "new", _("added")
    UPDATE = "update", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    PROPOSED = "proposed", _("probable duplicate")
    REFUSED = "refused", _("refused")


class ImportRun(models.Model):
    """One list, sent in once."""

    class State(models.TextChoices):
        RECEIVED = "received", _("choose columns")
        PLANNING = "planning", _("being read")
        PLANNED = "planned", _("waits for your yes")
        APPLYING = "applying", _("being imported")
        DONE = "done", _("done")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("stopped")

    #: States in which the queue is at work; the screen refreshes itself.
    BUSY = (State.PLANNING, State.APPLYING, State.UNDOING)

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="import_runs", verbose_name=_("municipality")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("sent in"), auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)

    file_name = models.CharField(_("file"), max_length=200)
    stored_as = models.CharField(max_length=80, blank=True)  # in PRIVATE_ROOT/imports; emptied when the file is erased
    format = models.CharField(max_length=8, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    sheet = models.CharField(_("sheet"), max_length=120, blank=True)
    sheets = models.JSONField(default=list, blank=True)
    headers = models.JSONField(default=list, blank=True)
    header_number = models.PositiveIntegerField(default=0)
    above = models.JSONField(default=list, blank=True)  # title lines
    samples = models.JSONField(default=dict, blank=True)  # heading → the first few values, for whoever says what it is
    mapping = models.JSONField(default=dict, blank=True)  # heading → field key; a heading without one is kept unread

    source_name = models.CharField(
        _("where the list is from"),
        max_length=120,
        help_text=_("Shown to residents: “from …”. Use the same name next time, so that the rows are recognised."),
    )
    source_date = models.DateField(_("date of the list"))
    contacts = models.CharField(
        _("who sees mail and telephone"), max_length=10, choices=Visibility.choices, default=Visibility.STAFF
    )
    default_kind = models.CharField(
        _("the rows are"),
        max_length=10,
        choices=[("", _("as the columns tell")), *((k.value, k.label) for k in (Kind.PROVIDER, Kind.PLACE))],
        blank=True,
    )

    read = models.PositiveIntegerField(_("rows read"), default=0)
    made = models.PositiveIntegerField(_("added"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    proposed = models.PositiveIntegerField(_("probable duplicates"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    progress = models.PositiveIntegerField(default=0)  # rows behind us in the stage that runs
    problem = models.JSONField(null=True, blank=True)  # why the whole file was refused, or the work stopped
    claim = models.UUIDField(null=True, blank=True, editable=False)  # of whoever works on it just now (sources/claims.py)
    heartbeat_at = models.DateTimeField(null=True, blank=True, editable=False)  # the last sign of life of the work

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("made") + F("updated") + F("unchanged") + F("proposed") + F("refused")), name="import_adds_up"
            ),
            models.UniqueConstraint(fields=["municipality"], condition=Q(claim__isnull=False), name="one_import_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.source_date}"

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY

    @property
    def refusal(self) -> str:
        """Why the file as a whole was not read, in words; empty when it was."""
        return Problem.from_json(self.problem).sentence() if self.problem else ""

    def count(self, verdicts: Iterable[str]) -> None:
        """Set the figures to what these rows have become."""
        found = Counter(verdicts)
        self.read = found.total()
        self.made, self.updated = found[Verdict.NEW], found[Verdict.UPDATE]
        self.unchanged, self.proposed = found[Verdict.UNCHANGED], found[Verdict.PROPOSED]
        self.refused = found[Verdict.REFUSED]

    def summary(self) -> dict[str, int]:
        """The figures people ask for, in the order they are told."""
        return {name: getattr(self, name) for name in ("read", "made", "updated", "unchanged", "proposed", "refused")}


class ImportRow(models.Model):
    """One row of the list: its cells, its verdict, its reasons, and what staff decided about it."""

    class Decision(models.TextChoices):
        SAME = "same", _("the same")
        DIFFERENT = "different", _("a listing of its own")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # as the spreadsheet program shows it
    name = models.CharField(max_length=200, blank=True)
    cells = models.JSONField(default=dict)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    problems = models.JSONField(default=list)
    candidate_kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    candidate_pk = models.BigIntegerField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    undone = models.CharField(max_length=300, blank=True)  # what undoing did with this row, in words

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering: ClassVar[list[str]] = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["run", "verdict", "number"], name="import_row_verdict")]

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"

    def told(self) -> Iterator[Problem]:
        """Everything there is to say of this row, in order."""
        for kept in self.problems:
            yield Problem.from_json(kept)

    def remark(self) -> str:
        """The reasons in words, for the report."""
        return " ".join(problem.sentence() for problem in self.told())


class ImportedListing(models.Model):
    """What a row wrote: the facts before and after, so that it can be undone and the next import knows what was ours."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="written")
    row = models.ForeignKey(ImportRow, on_delete=models.CASCADE, related_name="written")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    object_id = models.BigIntegerField()
    made = models.BooleanField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    at = models.DateTimeField()
    undone = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("listing written by an import")
        verbose_name_plural = _("listings written by imports")
        ordering: ClassVar[list[str]] = ["pk"]
        indexes = [models.Index(fields=["kind", "object_id", "at"], name="imported_listing")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
