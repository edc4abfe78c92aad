"""What a translation service must be able to do, and how it says no.

An adapter is made from TRANSLATE_URL; the scheme before the `+` picks it (services/__init__.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Busy(Exception):
    """The service did not answer, or asks to be left alone for a while: the queue tries again later."""


class NoService(Exception):
    """The service will not do it, however often it is asked: a wrong key, a used-up account, an address of something else."""


class Service(Protocol):
    """A translation service. Languages are the product's own codes; the adapter knows what the service calls them."""

    name: str
    at_a_time: int  # texts in one question

    def offers(self, source: str, targets: Iterable[str]) -> set[str]:
        """Which of `targets` it can translate into from `source`. Raises Busy or NoService."""

    def translate(self, texts: list[str], *, source: str, target: str, html: bool) -> list[str]:
        """The texts in another language, in the same order. Raises Busy or NoService."""
