"""Records in the shapes the registers document, and a server on this machine that pages them as they do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.factories.directory import org_number

SECRET = "HEMMELIG"  # stands in every field that must never be kept


def entity(n: int, name: str = "", **changes: Any) -> dict[str, Any]:
    """The n-th body. A change to None takes the key away; everything private is marked with SECRET."""
    record: dict[str, Any] = {
        "organisasjonsnummer": org_number(n),
        "navn": name or f"FJORDBYEN IDRETTSLAG {n}",
        "organisasjonsform": {"kode": "FLI", "beskrivelse": "Forening/lag/innretning", "_links": {"self": {"href": "x"}}},
        "hjemmeside": f"www.lag{n}.no",
        "postadresse": {
            "land": "Norge", "landkode": "NO", "postnummer": "3251", "poststed": "LARVIK",
            "adresse": [f"c/o {SECRET}", "Postboks 1"], "kommune": "LARVIK", "kommunenummer": "3909",
        },
        "forretningsadresse": {
            "land": "Norge", "landkode": "NO", "postnummer": "3256", "poststed": "LARVIK",
            "adresse": [f"c/o {SECRET}", f"{SECRET}veien 1"], "kommune": "LARVIK", "kommunenummer": "3909",
        },
        "stiftelsesdato": "1921-05-02",
        "registrertIFrivillighetsregisteret": True,
        "naeringskode1": {"kode": "93.120", "beskrivelse": "Idrettslag og -klubber"},
        "konkurs": False, "underAvvikling": False, "underTvangsavviklingEllerTvangsopplosning": False,
        "maalform": "Bokmål",
        "aktivitet": ["Breddeidrett for barn, ung-", "dom og voksne."],
        "epostadresse": f"{SECRET}@example.no", "telefon": SECRET, "mobil": SECRET, "kontonummer": SECRET,
        "respons_klasse": "Enhet",
        "_links": {"self": {"href": "x"}},
    }  # fmt: skip
    record.update(changes)
    return {key: value for key, value in record.items() if value is not None}


def purposes(n: int, *codes: str, **changes: Any) -> dict[str, Any]:
    """The n-th body's record in the voluntary register; its codes stand there in the wrong order."""
    rows = [
        {"icnpoNummer": code, "kategori": "ICNPOKategori.x", "navn": None, "rekkefoelge": place}
        for place, code in enumerate(codes, 1)
    ]
    return {
        "respons_klasse": "FrivilligOrganisasjonInnfoert",
        "organisasjonsnummer": org_number(n),
        "frivilligOrganisasjonsstatus": "frivilligOrganisasjonsstatus.innfoert",
        "kontonummer": SECRET,
        "grasrotandel": {"deltarI": True, "utestengelsesperiode": None},
        "icnpoKategorier": list(reversed(rows)),
        **changes,
    }


def page(records: list[dict[str, Any]], *, number: int = 0, size: int = 20, total: int | None = None) -> dict[str, Any]:
    """A page of entities; without hits `_embedded` is missing."""
    total = len(records) if total is None else total
    answer: dict[str, Any] = {
        "_links": {"self": {"href": "x"}},
        "page": {"size": size, "totalElements": total, "totalPages": -(-total // size), "number": number},
    }
    if records:
        answer["_embedded"] = {"enheter": records}
    return answer


class Registers:
    """Both registers with their rules of paging. `asked` remembers the questions."""

    def __init__(self, entities: list[dict[str, Any]], voluntary: list[dict[str, Any]]) -> None:
        self.entities, self.voluntary = entities, sorted(voluntary, key=lambda r: r["organisasjonsnummer"])
        self.gone: dict[str, int] = {}
        self.failures: list[int] = []
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.link_host: Callable[[], str] = lambda: "https://elsewhere.example"

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        if self.failures:
            return self.failures.pop(0), {"feilmelding": "prøv igjen"}
        parts = urlsplit(path)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.removeprefix("/enhetsregisteret/api/").removeprefix("/frivillighetsregisteret/api/").split("/"):
            case ["enheter"]:
                return self.entity_page(params)
            case ["enheter", number]:
                found = [e for e in self.entities if e["organisasjonsnummer"] == number]
                return (self.gone[number], {}) if number in self.gone else (200, found[0]) if found else (404, {})
            case ["frivillige-organisasjoner"]:
                return self.voluntary_page(params)
            case ["frivillige-organisasjoner", number]:
                found = [v for v in self.voluntary if v["organisasjonsnummer"] == number]
                return (200, {"_embedded": {"frivilligeOrganisasjoner": found}}) if found else (404, {})
        return 404, {}

    def entity_page(self, params: dict[str, str]) -> tuple[int, Any]:
        size, number = int(params.get("size", 20)), int(params.get("page", 0))
        if size * number >= 10_000:
            return 400, {"feilmelding": "side * antall er for stort"}
        hits = [
            e
            for e in self.entities
            if e.get("forretningsadresse", {}).get("kommunenummer") == params["kommunenummer"]
            and e.get("registrertIFrivillighetsregisteret")
            and params.get("forretningsadresse.postnummer") in (None, e["forretningsadresse"].get("postnummer"))
            and e["organisasjonsnummer"] not in self.gone
        ]
        return 200, page(hits[size * number : size * (number + 1)], number=number, size=size, total=len(hits))

    def voluntary_page(self, params: dict[str, str]) -> tuple[int, Any]:
        if "page" in params or int(params.get("size", 20)) > 100:
            return 400, {"feilmelding": "ugyldig parameter"}
        after = params.get("searchAfter", "")
        size = int(params["size"])
        part = [v for v in self.voluntary if v["organisasjonsnummer"] > after][:size]
        answer: dict[str, Any] = {"_links": {"self": {"href": "x"}}}
        if part:
            answer["_embedded"] = {"frivilligeOrganisasjoner": part}
            query = f"size={size}&searchAfter={part[-1]['organisasjonsnummer']}"
            answer["_links"]["next"] = {
                "href": f"{self.link_host()}/frivillighetsregisteret/api/frivillige-organisasjoner?{query}"
            }
        return 200, answer


@contextmanager
def serving(registers: Registers) -> Iterator[str]:
    """The registers at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registers.agents.add(self.headers["User-Agent"])
            status, body = registers.answer(self.path)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
