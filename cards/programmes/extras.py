"""What can be given straight to a card, beside what its card type holds: an offer, or more of an amount or a category on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps

from cards.programmes.models import CardType
from cards.programmes.states import Unit
from portal.kit.texts import Text, best


@dataclass(frozen=True, slots=True)
class Extra:
    """One such thing; `key` names it in a form."""

    key: str
    name: Text
    unit: Unit
    offer: Any = None
    category: Any = None

    @property
    def facts(self) -> dict[str, Any]:
        """What `actions.add_extra` is told."""
        return {"offer": self.offer, "category": self.category, "unit": self.unit}

    def __str__(self) -> str:
        return f"{self.name} · {self.unit.label}" if self.unit == Unit.ORE else str(self.name)

    @property
    def text(self) -> Text:
        """The name as it is marked with its language."""
        return Text(str(self), self.name.lang)


def extras_for(card_type: CardType, day: date, order: Iterable[str]) -> list[Extra]:
    """Clips for whatever can be used on a day, and more of the card type's own categories and amounts."""
    order, found = list(order), []
    shown = apps.get_model("cards", "Offer").objects.shown_on(day).filter(agreement__programme=card_type.year.programme_id)
    for offer in shown.select_related("agreement__provider"):
        title = offer.text("title", order)
        name = Text(f"{title} · {best(offer.agreement.provider, 'name', order)}", title.lang)
        found.append(Extra(f"offer-{offer.pk}", name, Unit.CLIP, offer=offer))
    open_ones = {extra.offer.pk: extra.name for extra in found}
    for line in card_type.lines.select_related("offer", "category"):
        unit = Unit(line.unit)
        if line.category_id:
            found.append(Extra(f"line-{line.pk}", best(line.category, "name", order), unit, category=line.category))
        elif unit == Unit.ORE and line.offer_id in open_ones:
            found.append(Extra(f"line-{line.pk}", open_ones[line.offer_id], unit, offer=line.offer))
    return found
