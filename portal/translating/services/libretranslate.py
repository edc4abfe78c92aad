"""LibreTranslate: free software that a municipality can run itself.

GET  /languages   → [{"code": "en", "name": "English", "targets": ["ar", …]}, …]
POST /translate   {"q": [...], "source": "nb", "target": "ar", "format": "text"|"html", "api_key": …}
                  → {"translatedText": [...]}, or {"error": "…"} with 400, 403, 429, 500
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from portal.translating.services.asking import ask
from portal.translating.services.base import NoService

#: What the service may call a language, best first. Its Norwegian is Bokmål, under either code.
CALLED = {"nb": ("nb", "no"), "ku": ("ku", "kmr")}


class LibreTranslate:
    name = "LibreTranslate"
    at_a_time = 20

    def __init__(self, address: str, api_key: str = "") -> None:
        self.address = address.rstrip("/")
        self.api_key = api_key

    @cached_property
    def _targets(self) -> dict[str, set[str]]:
        """The service's own codes: from each language into which."""
        answer = ask(f"{self.address}/languages")
        if not isinstance(answer, list) or not all(isinstance(entry, dict) and entry.get("code") for entry in answer):
            raise NoService("The list of languages cannot be read: TRANSLATE_URL may be the address of something else.")
        every = {str(entry["code"]) for entry in answer}  # old versions do not say which pairs they know: all of them
        return {str(entry["code"]): {str(code) for code in entry.get("targets", every)} for entry in answer}

    def _called(self, code: str, among: Iterable[str]) -> str | None:
        return next((name for name in CALLED.get(code, (code,)) if name in among), None)

    def offers(self, source: str, targets: Iterable[str]) -> set[str]:
        own = self._called(source, self._targets)
        if own is None:
            return set()
        return {code for code in targets if code != source and self._called(code, self._targets[own] - {own})}

    def translate(self, texts: list[str], *, source: str, target: str, html: bool) -> list[str]:
        own = self._called(source, self._targets)
        other = self._called(target, self._targets.get(own or "", ()))
        if own is None or other is None:
            raise NoService(f"{source} → {target} is not offered.")
        question: dict[str, Any] = {"q": texts, "source": own, "target": other, "format": "html" if html else "text"}
        if self.api_key:
            question["api_key"] = self.api_key
        answer = ask(f"{self.address}/translate", question)
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if isinstance(found, str) and len(texts) == 1:
            found = [found]
        if not isinstance(found, list) or len(found) != len(texts) or not all(isinstance(text, str) for text in found):
            raise NoService("The answer is not a translation for each text.")
        return found
