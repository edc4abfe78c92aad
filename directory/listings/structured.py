"""A listing as schema.org facts (JSON-LD), only with what everybody may see."""

from __future__ import annotations

from typing import Any

from directory.listings.kinds import Kind, Precision

TYPES = {
    Kind.PROVIDER: "Organization",
    Kind.PLACE: "Place",
    Kind.ACTIVITY: "Event",
    Kind.SUPPORT: "GovernmentService",
}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clean(facts: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in facts.items() if value not in (None, "", [], {})}


def place_facts(listing: Any, name: str) -> dict[str, Any]:
    """A schema.org Place for a listing's address and position."""
    point = listing.point if listing.point_precision in (Precision.EXACT, Precision.ADDRESS) else None
    address = clean(
        {
            "@type": "PostalAddress",
            "streetAddress": listing.street,
            "postalCode": listing.postcode,
            "addressLocality": listing.city,
            "addressCountry": "NO",
        }
    )
    return clean(
        {
            "@type": "Place",
            "name": name,
            "address": address if listing.address_line else None,
            "geo": {"@type": "GeoCoordinates", "latitude": point[0], "longitude": point[1]} if point else None,
        }
    )


def structured(context: dict[str, Any], url: str) -> dict[str, Any]:
    """The facts of a listing's page, from the page's own context."""
    listing, texts, contact = context["listing"], context["texts"], context["contact"]
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": TYPES[listing.KIND],
        "name": str(texts["name"]),
        "description": str(texts["summary"] or texts["description"]),
        "url": url,
        "inLanguage": texts["name"].lang,
    }
    here = place_facts(listing, str(texts["name"]))
    if listing.KIND == Kind.ACTIVITY:
        if context["provider"]:
            facts["organizer"] = {"@type": "Organization", "name": str(context["provider_name"])}
        facts["isAccessibleForFree"] = listing.is_free
        if context["places"]:
            place, name = context["places"][0]
            facts["location"] = place_facts(place, str(name))
        elif listing.address_line:
            facts["location"] = here
        facts["eventSchedule"] = [
            clean(
                {
                    "@type": "Schedule",
                    "byDay": f"https://schema.org/{DAYS[session.weekday - 1]}" if session.weekday else None,
                    "startDate": (session.date or session.first_day).isoformat() if session.date or session.first_day else None,
                    "endDate": (session.date or session.last_day).isoformat() if session.date or session.last_day else None,
                    "startTime": f"{session.starts:%H:%M}" if session.starts else None,
                    "endTime": f"{session.ends:%H:%M}" if session.ends else None,
                    "repeatFrequency": "P1W" if session.weekday else None,
                    "scheduleTimezone": "Europe/Oslo",
                }
            )
            for session in listing.sessions.all()
        ]
        if listing.age_from or listing.age_to:
            facts["typicalAgeRange"] = f"{listing.age_from or 0}-{listing.age_to or ''}"
    else:
        facts |= {key: here[key] for key in ("address", "geo") if key in here}
    if listing.KIND in (Kind.PROVIDER, Kind.PLACE):
        facts |= {"telephone": contact.get("phone"), "email": contact.get("email")}
        facts["sameAs"] = [address for address in [listing.website, *(listing.social_links or [])] if address]
    if listing.KIND == Kind.PLACE:
        facts["isAccessibleForFree"] = listing.is_free
        facts["openingHoursSpecification"] = [
            {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": f"https://schema.org/{DAYS[time.weekday - 1]}",
                "opens": f"{time.opens:%H:%M}",
                "closes": f"{time.closes:%H:%M}",
            }
            for time in listing.opening_times.all()
        ]
    if listing.KIND == Kind.SUPPORT:
        facts["areaServed"] = listing.municipality.name
    return clean(facts)
