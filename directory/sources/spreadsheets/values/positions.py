"""Latitude and longitude, also when they have changed places."""

import math
import re

from directory.sources.spreadsheets.values import NotUnderstood

# The Nordic countries with Svalbard. Read the other way round, no point of it stays inside.
_SOUTH, _NORTH, _WEST, _EAST = 54.0, 81.0, -25.0, 32.0


def position(latitude: str, longitude: str) -> tuple[float, float, bool]:
    """(latitude, longitude, were they swapped)."""
    said = f"{latitude}, {longitude}"
    first, second = _degrees(latitude), _degrees(longitude)
    if first is None or second is None:
        raise NotUnderstood("not_understood", said)
    if abs(first) > 10_000 or abs(second) > 10_000:
        raise NotUnderstood("position_metres", said)
    if _nordic(first, second):
        return first, second, False
    if _nordic(second, first):
        return second, first, True
    if abs(first) > 90 or abs(second) > 180 or (first == 0 and second == 0):
        raise NotUnderstood("position_impossible", said)
    raise NotUnderstood("position_outside", said)


def pair(text: str) -> tuple[str, str]:
    """A cell with both: "59.05, 10.03", "59,05; 10,03", "POINT(10.03 59.05)"."""
    plain = text.strip().strip("[](){}")
    if found := re.match(r"POINT\s*\(\s*(\S+)\s+([^\s)]+)", text.strip(), re.I):
        return found[2], found[1]
    for sign in (";", "|", "/", ", ", " , "):
        parts = [p for p in plain.split(sign) if p.strip()]
        if len(parts) == 2:
            return parts[0], parts[1]
    parts = plain.split(",")
    if len(parts) == 2 and all("." in p for p in parts):
        return parts[0], parts[1]
    if len(parts) == 4:
        return f"{parts[0]}.{parts[1]}", f"{parts[2]}.{parts[3]}"
    parts = plain.split()
    if len(parts) == 2:
        return parts[0], parts[1]
    raise NotUnderstood("not_understood", text)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance as the crow flies; near enough for asking whether a point is far away."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 12742 * math.asin(math.sqrt(h))


def _nordic(lat: float, lon: float) -> bool:
    return _SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST


def _degrees(text: str) -> float | None:
    plain = text.strip().upper().replace(",", ".").replace("Ø", "E").replace("−", "-")
    if found := re.fullmatch(
        r"([NSEWV]?)\s*(-?\d{1,3})[°º\s]\s*(\d{1,2})['’′\s]\s*(?:(\d{1,2}(?:\.\d+)?)[\"”″\s]*)?\s*([NSEWV]?)", plain
    ):
        value = int(found[2]) + int(found[3]) / 60 + float(found[4] or 0) / 3600
        return -value if "S" in (found[1], found[5]) or {"W", "V"} & {found[1], found[5]} else value
    if found := re.fullmatch(r"[NE]?\s*(-?\d+(?:\.\d+)?(?:E[+-]?\d+)?)\s*°?\s*[NE]?", plain):
        value = float(found[1])
        return value if math.isfinite(value) else None
    return None
