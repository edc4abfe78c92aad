"""A municipality whose texts are looked at, and a translation service that runs beside the test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache

from directory.municipalities.models import Municipality
from portal.accounts.models import User
from tests.factories.directory import default_municipality, make_staff


@pytest.fixture
def larvik(db: Any) -> Municipality:
    return default_municipality(languages=["nb", "en", "ar"])


@pytest.fixture
def kari(larvik: Municipality) -> User:
    return make_staff(larvik, "kari@example.org")


class FakeService:
    """Speaks LibreTranslate's HTTP interface, and DeepL's; answers "AR: text"."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.languages: Any = [
            {"code": "nb", "name": "Norwegian", "targets": ["ar", "en", "nb"]},
            {"code": "en", "name": "English", "targets": ["ar", "nb"]},
            {"code": "ar", "name": "Arabic", "targets": ["nb", "en"]},
        ]
        self.answer: Callable[[str, str], str] = lambda text, target: f"{target.upper()}: {text}"
        self.status = 200
        self.error = "Slowdown"
        self.raw: bytes | None = None
        self.wait = 0.0
        self.drip = False
        self.location = ""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                service.headers.append(dict(self.headers))
                if "/v2/languages" in self.path:
                    codes = ["NB", "EN", "AR"] if "source" in self.path else ["NB", "EN-GB", "AR"]
                    self.say(200, [{"language": code, "name": code} for code in codes])
                else:
                    self.say(200, service.languages)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append(asked)
                service.headers.append(dict(self.headers))
                time.sleep(service.wait)
                if service.status != 200:
                    self.say(service.status, {"error": service.error})
                elif "text" in asked:
                    found = [service.answer(text, asked["target_lang"]) for text in asked["text"]]
                    self.say(200, {"translations": [{"detected_source_language": "NB", "text": text} for text in found]})
                else:
                    self.say(200, {"translatedText": [service.answer(text, asked["target"]) for text in asked["q"]]})

            def say(self, status: int, answer: Any) -> None:
                body = service.raw if service.raw is not None else json.dumps(answer).encode()
                self.send_response(302 if service.location else status)
                if service.location:
                    self.send_header("Location", service.location)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    if service.drip:
                        for byte in body:
                            self.wfile.write(bytes([byte]))
                            self.wfile.flush()
                            time.sleep(0.2)
                    else:
                        self.wfile.write(body)
                except OSError:
                    pass  # the other end has given up

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service(settings: Any) -> Iterator[FakeService]:
    """The service, set as this installation's."""
    fake = FakeService()
    settings.TRANSLATE_URL = f"libretranslate+{fake.address}/?api_key=secret"
    settings.TRANSLATE_TIMEOUT = 2
    cache.clear()
    yield fake
    fake.server.shutdown()
    cache.clear()
