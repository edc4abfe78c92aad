"""What can be said of a sheet, a row or a cell: every "no" has a code and a sentence.

A `Problem` is kept as plain JSON beside its row and turned into words where it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Any] = {
    # The file
    "file_missing": _("The file was not found."),
    "file_empty": _("The file is empty."),
    "file_too_big": _(
        "The file is %(size)s MB. The limit is %(limit)s MB: remove pictures, or divide the list in several files."
    ),
    "file_unknown": _("This is not a spreadsheet we can read. Save it as CSV, XLSX or ODS and try again."),
    "file_broken": _("The spreadsheet is damaged or protected by a password and cannot be opened. Save it again as XLSX or CSV."),
    "file_bomb": _("The spreadsheet unpacks to far more than it should and was not opened. Save it again as CSV."),
    "file_too_slow": _("The spreadsheet took too long to open. Save it as CSV and try again."),
    "file_binary": _("The file holds something else than text. Save the list as CSV, XLSX or ODS."),
    "quote_open": _("A quotation mark that opens near line %(line)s is never closed. Close it, or save the list as XLSX."),
    "too_many_rows": _(
        "The sheet has more than %(limit)s rows. Divide it in several files; they can be sent one after the other."
    ),
    "too_many_columns": _("The sheet has %(count)s columns; the limit is %(limit)s."),
    "no_rows": _("There are no rows below the headings."),
    "no_header": _("No row of headings was recognised. One row must name the columns, for example: Name, Address, Postcode."),
    "no_sheet": _("There is no sheet named “%(value)s”. The file has: %(names)s."),
    "no_name_column": _("No column was recognised as the name. Say which it is, for example name=%(example)s."),
    "map_unknown_field": _("“%(value)s” is not a field. Fields are: %(names)s."),
    "map_unknown_header": _("No column is headed “%(value)s”. The columns are: %(names)s."),
    "map_twice": _("“%(value)s” is given to two columns."),
    "map_form": _("“%(value)s” should be written field=Heading, for example name=Association."),
    "stopped_by_error": _("An error stopped the work. What had been written by then stands; go on, or undo it."),
    "stopped_silent": _("The work was cut off (the server may have restarted). What had been written stands; go on, or undo it."),
    # The row: these refuse it
    "name_missing": _("The name is missing."),
    "name_formula": _("The name is a formula, not a text. Write the name itself."),
    "name_rubbish": _("“%(value)s” is not a name: it has no letters."),
    "name_too_long": _("The name is %(count)s characters long; the limit is %(limit)s."),
    "org_number_wrong": _("“%(value)s” is not an organisation number: it must have nine digits and a correct check digit."),
    "position_impossible": _("“%(value)s” is not a place on Earth: latitude goes from -90 to 90, longitude from -180 to 180."),
    "position_outside": _("The position %(value)s lies outside the Nordic countries. Check the two numbers."),
    "position_metres": _("“%(value)s” looks like metres in a grid (UTM). Give latitude and longitude in degrees."),
    "position_half": _("Only one of latitude and longitude is filled in."),
    "activity_without_provider": _("The activity “%(value)s” has no association: fill in who offers it."),
    "kind_unknown": _("“%(value)s” is not a kind of listing we know."),
    "twice_in_sheet": _("The same %(what)s stands in row %(row)s already."),
    "id_of_other": _("The id “%(value)s” belongs to “%(name)s”, which has another organisation number."),
    "other_municipality": _("The row says municipality %(value)s, which is not the one this list is for."),
    "not_saved": _("The row could not be saved: %(value)s"),
    "gone_since": _("The listing this row would update was removed while the list was being read."),
    # The row: worth telling
    "swapped": _("Latitude and longitude had changed places; they were put right."),
    "far_away": _("The position is %(km)s km from the middle of the municipality. Check it."),
    "not_understood": _("“%(value)s” was not understood."),
    "partly_understood": _("Of “%(value)s”, “%(rest)s” was not understood."),
    "category_unknown": _("“%(value)s” is not one of the municipality's categories."),
    "target_unknown": _("“%(value)s” is not one of the municipality's target groups."),
    "adaptation_unknown": _("“%(value)s” is not one of the municipality's adaptations."),
    "district_unknown": _("“%(value)s” is not one of the municipality's districts."),
    "email_wrong": _("“%(value)s” is not a mail address."),
    "url_wrong": _("“%(value)s” is not a web address."),
    "phone_wrong": _("“%(value)s” is not a telephone number."),
    "price_negative": _("“%(value)s” is less than nothing and was not read as a price."),
    "period_unread": _("“%(value)s” does not agree with the price column; it was kept as words."),
    "ages_turned": _("The ages “%(value)s” stood backwards and were turned round."),
    "postcode_unknown": _("“%(value)s” is not a Norwegian postcode we know. It was kept as written and gives no position."),
    "postcode_wrong": _("“%(value)s” is not a postcode."),
    "too_long": _("The text was %(count)s characters long and was cut at %(limit)s."),
    "column_unread": _("This column is not part of a listing; its value is kept with the row."),
    "no_room": _("“%(value)s” is kept with the row: what the row makes has no place for it."),
    # What became of it
    "new": _("Will be added."),
    "changes": _("Changes: %(fields)s."),
    "unchanged": _("Everything stands there already."),
    "edited_since": _("The page has been changed since the last import, so it was left alone. Differs: %(fields)s."),
    "draft_waiting": _("Changes to this page wait for approval, so it was left alone. Differs: %(fields)s."),
    "confirmed_since": _(
        "The association has confirmed its page since the last import, so it was left alone. Differs: %(fields)s."
    ),
    "looks_like": _("Looks like “%(name)s”, which is listed already (%(why)s). Choose whether they are the same."),
    "looks_like_row": _("Looks like “%(name)s” in row %(row)s (%(why)s). Choose whether they are the same."),
    "decided_same": _("Decided by staff: the same as “%(name)s”."),
    "decided_different": _("Decided by staff: a listing of its own."),
    # Public registers
    "sole_trader": _("A private person's own business; these are never read."),
    "not_voluntary": _("Not in the voluntary register, so not listed here."),
    "closed_deleted": _("The register says that it is deleted."),
    "closed_bankrupt": _("The register says that it is bankrupt."),
    "closed_dissolving": _("The register says that it is being wound up."),
    "closed_forced": _("The register says that a court is winding it up."),
    "closed_missing": _("The register of entities does not know it any more."),
    "closed_moved": _("The register says that it has moved to another municipality."),
    "delisted": _("It was taken off the public list."),
    "revived": _("It lives again in the register and is back on the public list."),
    "register_facts_only": _("The association's own texts were left alone; the register's facts were brought up to date."),
    # Open Referral packages
    "key_missing": _("The required value “%(value)s” is missing."),
    "reference_missing": _("It points at “%(value)s”, which is not in the package."),
    "no_provider": _("It does not say which organisation offers it."),
    "inactive": _("The package says that it is “%(value)s”."),
    "schedule_unread": _("The times “%(value)s” do not fit in a weekly plan and are kept with the row."),
    "term_unknown": _("The term “%(value)s” is not one of the municipality's categories; it is kept with the row."),
    "not_a_place": _("A postal or virtual location is nowhere one can go; its row is kept here."),
    "owner_missing": _("The organisation it belongs to was not imported; see its row."),
    "shown_again": _("The package says that it is active again; it is back on the public list."),
    "part_alone": _("It belongs to nothing in the package."),
    "id_twice": _("The id “%(value)s” stands in the package more than once; the first was read."),
}

# What makes two listings look alike, in words that fit inside "looks_like".
LIKENESS: dict[str, Any] = {
    "same_name": _("same name"),
    "similar_name": _("similar name"),
    "same_postcode": _("same postcode"),
    "same_website": _("same website"),
    "same_mail": _("same mail address"),
    "same_phone": _("same telephone"),
    "same_id": _("same id, but quite another name"),
    "same_org_number": _("same organisation number"),
}


# What stands twice in a sheet.
MARKS: dict[str, Any] = {
    "id": _("id"),
    "organisation number": _("organisation number"),
    "listing": _("listing"),
}


@dataclass(frozen=True)
class Problem:
    """One thing to say, about a column where it has one. `refuses` means the row goes no further."""

    code: str
    column: str = ""
    value: str = ""
    refuses: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """In words, in the active language; the column it is about goes first."""
        facts = {"value": shorten(self.value), **self.facts}
        if "why" in facts:
            facts["why"] = ", ".join(str(LIKENESS.get(w, w)) for w in facts["why"])
        if "what" in facts:
            facts["what"] = MARKS.get(facts["what"], facts["what"])
        if isinstance(facts.get("fields"), list):
            facts["fields"] = ", ".join(map(column_label, facts["fields"]))
        text = str(SENTENCES[self.code]) % _Forgiving(facts)
        return f"{self.column}: {text}" if self.column else text

    def as_json(self) -> dict[str, Any]:
        """What is kept beside the row."""
        return {
            "code": self.code,
            "column": self.column,
            "value": self.value[:2000],
            "refuses": self.refuses,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Problem:
        """The reverse of `as_json`; a code of an older version is shown rather than lost."""
        code = kept["code"] if kept.get("code") in SENTENCES else "not_understood"
        return cls(
            code=code,
            column=kept.get("column", ""),
            value=kept.get("value", ""),
            refuses=bool(kept.get("refuses")),
            facts=kept.get("facts") or {},
        )


def column_label(column: str) -> str:
    """What people call a column of a listing."""
    for model in map(apps.get_model, ("directory.Provider", "directory.Activity", "directory.Place")):
        try:
            field = model._meta.get_field(column)
        except FieldDoesNotExist:
            continue
        return str(getattr(field, "verbose_name", "") or field.related_model._meta.verbose_name_plural)
    return column


class _Forgiving(dict[str, Any]):
    """A row kept by an older version may lack a fact that the sentence has since been given."""

    def __missing__(self, key: str) -> str:
        return "?"


def shorten(text: str, limit: int = 80) -> str:
    """Long values are quoted by their beginning."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Unreadable(Exception):
    """The file as a whole cannot be imported; carries the problem that says why."""

    def __init__(self, code: str, value: str = "", **facts: Any) -> None:
        self.problem = Problem(code, value=value, refuses=True, facts=facts)
        super().__init__(code)

    def __str__(self) -> str:
        return self.problem.sentence()
