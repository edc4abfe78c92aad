"""The look of the demo towns: Larvik as the product comes, Sandefjord and Porsgrunn with colours, words and menus of their own."""

from __future__ import annotations

from typing import Any

from directory.municipalities.models import Municipality
from portal.kit.texts import best
from portal.our_site.actions import Entry, look_for, write_menu
from portal.pages.menu import Fixed, Spot

# Invented, like everything here: no municipality's own colours.
LOOKS: dict[str, dict[str, Any]] = {
    "larvik": {
        "footer_nb": "Larvik i denne demoen er et eksempel. Menneskene og foreningene finnes ikke.",
        "footer_en": "Larvik in this demo is an example. The people and the associations do not exist.",
        "footer_ar": "لارفيك في هذا العرض مثال. الأشخاص والجمعيات غير موجودين.",
        "footer_uk": "Ларвік у цій демонстрації — приклад. Людей і товариств не існує.",
    },
    "sandefjord": {
        "accent": "#0b5c7a",
        "brand": "#d98c00",
        "neutral": "#24303a",
        "footer_nb": "Sandefjord i denne demoen er et eksempel. Menneskene og foreningene finnes ikke.",
        "footer_en": "Sandefjord in this demo is an example. The people and the associations do not exist.",
        "footer_ar": "سانديفيورد في هذا العرض مثال. الأشخاص والجمعيات غير موجودين.",
        "contact_nb": "Innbyggertorget svarer på telefon 00 00 10 00, hverdager 9–15.",
        "contact_en": "The citizens' desk answers on 00 00 10 00, weekdays 9–15.",
        "contact_ar": "يجيب مكتب الخدمة على الرقم 00 00 10 00 في أيام العمل من 9 إلى 15.",
    },
    "porsgrunn": {
        "accent": "#7a2e5d",
        "brand": "#2f7d6d",
        "footer_nb": "Porsgrunn i denne demoen er et eksempel. Menneskene og foreningene finnes ikke.",
        "footer_en": "Porsgrunn in this demo is an example. The people and the associations do not exist.",
    },
}
MENUS: dict[str, list[Entry]] = {
    "sandefjord": [
        Entry(Spot.TOP, fixed=Fixed.FIND),
        Entry(
            Spot.TOP,
            address="/find/?free=1",
            labels={"nb": "Gratis", "en": "Free of charge", "ar": "مجاناً", "uk": "Безкоштовно", "pl": "Za darmo"},
        ),
        Entry(Spot.TOP, fixed=Fixed.CALENDAR),
        Entry(Spot.TOP, fixed=Fixed.SUPPORT),
        Entry(Spot.TOP, fixed=Fixed.NEWS),
    ],
}


def give_look(municipality: Municipality) -> None:
    """Colours, words and menu of one demo town; a town that has them keeps them."""
    if not (facts := LOOKS.get(municipality.slug)):
        return
    look = look_for(municipality)
    if best(look, "footer", ["nb"]):
        return
    for name, value in facts.items():
        setattr(look, name, value)
    look.save()
    if entries := MENUS.get(municipality.slug):
        write_menu(municipality=municipality, entries=entries, by=None)
