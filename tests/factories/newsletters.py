"""Newsletters for tests."""

from __future__ import annotations

import json
import uuid
from typing import Any

from directory.municipalities.models import Feature, Municipality
from portal.newsletters.models import Newsletter, Sender


def blocks(*parts: tuple[str, Any]) -> str:
    """The contents of a letter, as its column keeps them."""
    return json.dumps([{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in parts])


def with_newsletters(municipality: Municipality) -> Municipality:
    """A municipality that has switched newsletters on."""
    municipality.features = sorted({*municipality.features, Feature.NEWSLETTERS.value})
    municipality.save()
    return municipality


def make_sender(municipality: Municipality, name: str = "Kulturavdelingen", **fields: Any) -> Sender:
    fields.setdefault("reply_to", "kultur@example.org")
    return Sender.objects.get_or_create(municipality=municipality, name=name, defaults=fields)[0]


def make_letter(municipality: Municipality, **fields: Any) -> Newsletter:
    """A letter in Norwegian and Arabic that waits to be released."""
    with_newsletters(municipality)
    many = {name: fields.pop(name) for name in ("categories", "districts") if name in fields}
    fields.setdefault("sender", make_sender(municipality))
    fields.setdefault("subject_nb", "Nytt fra kulturen")
    fields.setdefault("subject_ar", "أخبار الثقافة")
    fields.setdefault("body_nb", blocks(("text", "<p>Hei alle sammen!</p>")))
    fields.setdefault("body_ar", blocks(("text", "<p>مرحبا بالجميع!</p>")))
    letter = Newsletter.objects.create(municipality=municipality, **fields)
    for name, rows in many.items():
        getattr(letter, name).set(rows)
    return Newsletter.objects.get(pk=letter.pk)
