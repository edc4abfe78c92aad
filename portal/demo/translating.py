"""Every state of the translation board in the demo towns: texts a machine made, texts whose source has changed since.

The words are the demo's own; only what is known of them is told differently. Nobody is asked.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from directory.activities.models import Activity
from directory.municipalities.models import Municipality
from directory.providers.models import Provider
from portal.kit.wording import digest
from portal.translating.looking import look_at, look_at_everything
from portal.translating.models import Changed, Origin, Translation

BY_MACHINE = ("uk", "ar")
SERVICE = "LibreTranslate"
# What stood in the source when it was translated, and has been taken out since; and what has been put in since.
ONCE = " Ta med matpakke og noe varmt å drikke."
WRITTEN = time(8, 15)


def tell_translations(*, today: date) -> None:
    """Look at everything, then make of every tenth text or so a machine's, and of a few an old one."""
    at = timezone.make_aware(datetime.combine(today, WRITTEN))
    look_at_everything(at)
    for municipality in Municipality.objects.filter(is_demo=True):
        for model, field, every in ((Activity, "description", 6), (Activity, "summary", 9), (Provider, "description", 8)):
            by_machine(municipality, model, field, every)
        for model, lang, every in ((Activity, "en", 12), (Provider, "pl", 5), (Activity, "ar", 14)):
            out_of_date(municipality, model, lang, every)
        for model in (Activity, Provider):
            look_at(model, model.objects.filter(municipality=municipality).values_list("pk", flat=True), at=at)
    Changed.objects.all().delete()  # everything has just been looked at


def texts(municipality: Municipality, model: Any, field: str, lang: str, every: int) -> list[Translation]:
    """Every so-and-so-many-th text of a kind, in the order of the addresses, so that a day gives one town."""
    known = {
        one.object_id: one
        for one in Translation.objects.filter(
            content_type=ContentType.objects.get_for_model(model), municipality=municipality, field=field, lang=lang
        )
    }
    slugs = model.objects.filter(municipality=municipality, pk__in=known).order_by("slug").values_list("pk", flat=True)
    return [known[pk] for pk in slugs][::every]


def by_machine(municipality: Municipality, model: Any, field: str, every: int) -> None:
    """Some texts were made by a machine."""
    for lang in BY_MACHINE:
        chosen = [one.pk for one in texts(municipality, model, field, lang, every)]
        Translation.objects.filter(pk__in=chosen).update(origin=Origin.MACHINE, service=SERVICE)


def out_of_date(municipality: Municipality, model: Any, lang: str, every: int) -> None:
    """The source of some texts said more when they were translated."""
    chosen = texts(municipality, model, "description", lang, every)
    for one in chosen:
        one.source_text += ONCE
        one.source_hash = digest(one.source_text)
    Translation.objects.bulk_update(chosen, ["source_text", "source_hash"], batch_size=200)
