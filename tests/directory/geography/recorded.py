"""Answers of the address register, in its documented shape, and an adapter that gives them instead of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from geopy.adapters import BaseSyncAdapter


def address(
    text: str, code: str = "3256", *, lat: float = 59.0542, lon: float = 10.0274, number: str = "3909", **facts: Any
) -> dict[str, Any]:
    """One address as the register writes it: "Eksempelveien 1C" → street, number 1, letter C."""
    street, _space, house = text.rpartition(" ")
    digits = "".join(c for c in house if c.isdigit())
    return {
        "adressenavn": street,
        "adressetekst": text,
        "adressetekstutenadressetilleggsnavn": text,
        "adressetilleggsnavn": None,
        "adressekode": 25440,
        "nummer": int(digits),
        "bokstav": house[len(digits) :],
        "kommunenummer": number,
        "kommunenavn": "LARVIK",
        "objtype": "Vegadresse",
        "poststed": "LARVIK",
        "postnummer": code,
        "stedfestingverifisert": True,
        "representasjonspunkt": {"epsg": "EPSG:4258", "lat": lat, "lon": lon},
        "oppdateringsdato": "2024-01-01T00:00:00",
        **facts,
    }


def answer(*addresses: dict[str, Any]) -> dict[str, Any]:
    """A page of the register's answer."""
    return {"metadata": {"viserFra": 0, "side": 0, "totaltAntallTreff": len(addresses)}, "adresser": list(addresses)}


class Recorded:
    """Stands in for the network: `rule(params)` answers each question; `asked` remembers them."""

    def __init__(self, rule: Callable[[dict[str, str]], Any]) -> None:
        self.asked: list[dict[str, str]] = []
        outer = self

        class Adapter(BaseSyncAdapter):
            def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
                params = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
                outer.asked.append(
                    {"path": urlsplit(url).path, "agent": headers["User-Agent"], "timeout": str(timeout), **params}
                )
                found = rule(params)
                if isinstance(found, Exception):
                    raise found
                return found

            def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
                raise NotImplementedError

        self.adapter = Adapter
