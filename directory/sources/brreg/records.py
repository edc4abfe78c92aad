"""The registers' records, read into what we may keep. What is not named here is never stored.

Left out on purpose: account number, roles, mail address, telephone and mobile (the association publishes those itself
or not at all); the street of the business address, which is often a board member's home; every "c/o" line. Sole
traders (ENK) carry a private person's name and are not read at all.
Any key may be missing or null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from directory.geography.boundaries import all_boundaries
from directory.geography.postcodes import postcode
from directory.geography.spelling import place_name
from directory.sources.brreg.icnpo import tidy_code
from directory.sources.brreg.names import readable_name, repaired_url

SOLE_TRADER = "ENK"


class Closed(TextChoices):
    """Why a body is no longer to be listed, by the register. The value is kept and shown to staff."""

    DELETED = "Enhetsregisteret: slettet", _("deleted from the register of entities")
    BANKRUPT = "Enhetsregisteret: konkurs", _("bankrupt")
    DISSOLVING = "Enhetsregisteret: under avvikling", _("being wound up")
    FORCED = "Enhetsregisteret: under tvangsavvikling", _("being wound up by order of a court")
    MISSING = "Enhetsregisteret: ikke lenger registrert", _("no longer in the register of entities")
    MOVED = "Enhetsregisteret: flyttet til en annen kommune", _("moved to another municipality, says the register")


@dataclass(frozen=True, slots=True)
class Entity:
    """A body of the register of entities, with what the voluntary register says of its purposes."""

    org_number: str
    register_name: str
    name: str
    form: str = ""
    form_name: str = ""
    postcode: str = ""
    city: str = ""
    municipality: str = ""
    website: str = ""
    founded: int | None = None
    about: str = ""
    lang: str = "nb"
    voluntary: bool = False
    closed: Closed | None = None
    icnpo: tuple[str, ...] = ()

    def with_purposes(self, codes: tuple[str, ...] | None) -> Entity:
        """The entity joined with its record in the voluntary register, if there is one."""
        return self if codes is None else replace(self, icnpo=codes, voluntary=True)


def is_sole_trader(record: Mapping[str, Any]) -> bool:
    """Whether the record is about a private person's own business."""
    return _text(_mapping(record.get("organisasjonsform")).get("kode")).upper() == SOLE_TRADER


def is_elsewhere(record: Mapping[str, Any], municipality: str) -> bool:
    """Whether the record says outright that it belongs to another of today's municipalities."""
    number = _mapping(record.get("forretningsadresse")).get("kommunenummer")
    return isinstance(number, str) and number != municipality and number in all_boundaries()


def read_entity(record: Mapping[str, Any]) -> Entity:
    """The entity of one record; of a sole trader nothing is read."""
    if is_sole_trader(record):
        raise ValueError("a sole trader is never read")
    business = _mapping(record.get("forretningsadresse") or record.get("beliggenhetsadresse"))
    postal = _mapping(record.get("postadresse"))
    address = business if _text(business.get("postnummer")) else postal
    code = _text(address.get("postnummer"))
    code = code if re.fullmatch(r"\d{4}", code) and _text(address.get("landkode") or "NO").upper() == "NO" else ""
    name = _text(record.get("navn"))
    form = _mapping(record.get("organisasjonsform"))
    return Entity(
        org_number=re.sub(r"\s", "", _text(record.get("organisasjonsnummer"))),
        register_name=name[:200],
        name=readable_name(name)[:160],
        form=_text(form.get("kode"))[:20],
        form_name=_text(form.get("beskrivelse")),
        postcode=code,
        city=place_name(_text(address.get("poststed")))[:80] if code else "",
        municipality=_municipality(business, postal, code),
        website=repaired_url(_text(record.get("hjemmeside"))),
        founded=_year(record.get("stiftelsesdato")),
        about=joined_lines(record.get("aktivitet")) or joined_lines(record.get("vedtektsfestetFormaal")),
        lang="nn" if _text(record.get("maalform")).casefold() == "nynorsk" else "nb",
        voluntary=record.get("registrertIFrivillighetsregisteret") is True,
        closed=why_closed(record),
    )


def why_closed(record: Mapping[str, Any]) -> Closed | None:
    """Why the register says that this body is ended or ending; None while it lives."""
    kind = _text(record.get("respons_klasse")).casefold()
    if record.get("slettedato") or record.get("nedleggelsesdato") or kind.startswith("slettet"):
        return Closed.DELETED
    if record.get("konkurs") is True:
        return Closed.BANKRUPT
    if record.get("underTvangsavviklingEllerTvangsopplosning") is True:
        return Closed.FORCED
    if record.get("underAvvikling") is True:
        return Closed.DISSOLVING
    return None


def read_purposes(record: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """(organisation number, its purposes, the primary one first) of one record of the voluntary register."""
    rows = [row for row in record.get("icnpoKategorier") or [] if isinstance(row, Mapping)]
    # Ordered by `rekkefoelge`, not by where they stand.
    rows.sort(key=lambda row: row["rekkefoelge"] if isinstance(row.get("rekkefoelge"), int) else 99)
    codes = [code for row in rows if (code := tidy_code(row.get("icnpoNummer")))]
    return re.sub(r"\s", "", _text(record.get("organisasjonsnummer"))), tuple(dict.fromkeys(codes))


def joined_lines(lines: Any) -> str:
    """A text that the register has cut into lines, put together; a word divided by a hyphen is made whole."""
    if isinstance(lines, str):
        lines = [lines]
    text = " ".join(_text(line) for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    return " ".join(re.sub(r"(?<=[a-zæøå])- (?=[a-zæøå])(?!(?:og|eller)\b)", "", text).split())


def entities_of(document: Any) -> list[Mapping[str, Any]]:
    """The records in one JSON document: an answer's page, a list, or a single record."""
    return _records(document, ("enheter", "underenheter"), "organisasjonsnummer")


def purposes_of(document: Any) -> list[Mapping[str, Any]]:
    """The voluntary register's records in one JSON document."""
    return _records(document, ("frivilligeOrganisasjoner",), "organisasjonsnummer")


def _records(document: Any, names: tuple[str, ...], key: str) -> list[Mapping[str, Any]]:
    if isinstance(document, list):
        return [record for item in document for record in _records(item, names, key)]
    if not isinstance(document, Mapping):
        return []
    embedded = _mapping(document.get("_embedded"))
    for name in names:
        if isinstance(embedded.get(name), list):
            return [record for record in embedded[name] if isinstance(record, Mapping)]
    return [document] if key in document else []


def _municipality(business: Mapping[str, Any], postal: Mapping[str, Any], code: str) -> str:
    number = _text(business.get("kommunenummer") or postal.get("kommunenummer"))
    if number in all_boundaries():
        return number
    # Numbers follow reforms: an old extract says 3805, or 0709, where the postcode tells today's.
    found = postcode(code)
    return found.municipality if found else number


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return (
        " ".join(str(value).replace("\x00", " ").split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )


def _year(value: Any) -> int | None:
    found = re.match(r"(\d{4})-", _text(value))
    return int(found[1]) if found and 1000 < int(found[1]) < 2200 else None
