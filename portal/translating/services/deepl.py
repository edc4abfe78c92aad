"""DeepL: a commercial service, asked with a key in the header.

GET  /v2/languages?type=target   → [{"language": "AR", "name": "Arabic"}, …]   (and type=source)
POST /v2/translate   {"text": [...], "source_lang": "NB", "target_lang": "AR", "tag_handling": "html"}
                     → {"translations": [{"detected_source_language": "NB", "text": "…"}, …]}
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from portal.translating.services.asking import ask
from portal.translating.services.base import NoService

#: Targets that the service has in several countries' spelling.
CALLED = {"en": ("EN-GB", "EN"), "ku": ("KMR", "KU")}


class DeepL:
    name = "DeepL"
    at_a_time = 40

    def __init__(self, address: str, api_key: str) -> None:
        self.address = address.rstrip("/")
        self.headers = {"Authorization": f"DeepL-Auth-Key {api_key}"}

    def _languages(self, kind: str) -> set[str]:
        answer = ask(f"{self.address}/v2/languages?type={kind}", headers=self.headers)
        if not isinstance(answer, list) or not all(isinstance(entry, dict) and entry.get("language") for entry in answer):
            raise NoService("The list of languages cannot be read: TRANSLATE_URL may be the address of something else.")
        return {str(entry["language"]).upper() for entry in answer}

    @cached_property
    def _sources(self) -> set[str]:
        return self._languages("source")

    @cached_property
    def _targets(self) -> set[str]:
        return self._languages("target")

    def _target(self, code: str) -> str | None:
        return next((name for name in CALLED.get(code, (code.upper(),)) if name in self._targets), None)

    def offers(self, source: str, targets: Iterable[str]) -> set[str]:
        if source.upper() not in self._sources:
            return set()
        return {code for code in targets if code != source and self._target(code)}

    def translate(self, texts: list[str], *, source: str, target: str, html: bool) -> list[str]:
        other = self._target(target)
        if other is None or source.upper() not in self._sources:
            raise NoService(f"{source} → {target} is not offered.")
        question: dict[str, Any] = {"text": texts, "source_lang": source.upper(), "target_lang": other}
        if html:
            question["tag_handling"] = "html"
        answer = ask(f"{self.address}/v2/translate", question, self.headers)
        found = answer.get("translations") if isinstance(answer, dict) else None
        if not isinstance(found, list) or len(found) != len(texts):
            raise NoService("The answer is not a translation for each text.")
        out = [entry["text"] for entry in found if isinstance(entry, dict) and isinstance(entry.get("text"), str)]
        if len(out) != len(texts):
            raise NoService("The answer is not a translation for each text.")
        return out
