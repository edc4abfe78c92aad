# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""Ages as people write them: "6-12 år", "fra 13", "0–99", "alle", "under 18", "5.-7. trinn".

None is an open end. School grade n is the year one turns n + 5; upper secondary (VG1–VG3) is 16–18.
"""

import re

from directory.sources.spreadsheets.values import NotUnderstood
from directory.sources.spreadsheets.words import fold

Span = tuple[int | None, int | None]

_OLDEST = 99  # "0–99" is said of everybody
_EVERYBODY = {
    "alle",
    "all",
    "all ages",
    "alle aldre",
    "alle aldersgrupper",
    "everyone",
    "everybody",
    "for alle",
    "hele familien",
    "ingen aldersgrense",
    "fri",
    "uavhengig av alder",
    "no age limit",
    "fra 0",
    "alle er velkommen",
}
_GROUPS: tuple[tuple[str, Span], ...] = (
    ("baby", (0, 1)), ("spedbarn", (0, 1)), ("smabarn", (1, 5)), ("barnehagebarn", (1, 5)), ("barnehage", (1, 5)), ("forskole", (1, 5)), ("preschool", (1, 5)),
    ("barnetrinn", (6, 12)), ("barneskole", (6, 12)), ("smaskole", (6, 9)), ("mellomtrinn", (10, 12)), ("ungdomstrinn", (13, 15)),
    ("ungdomsskole", (13, 15)), ("videregaende", (16, 18)), ("tenaring", (13, 19)), ("teenager", (13, 19)),
    ("barn og unge", (0, 18)), ("barn og ungdom", (0, 18)), ("barn unge", (0, 18)), ("children and young", (0, 18)),
    ("unge voksne", (18, 30)), ("young adult", (18, 30)),
    ("barn", (0, 12)), ("children", (0, 12)), ("kids", (0, 12)), ("ungdom", (13, 19)), ("unge", (13, 19)), ("youth", (13, 19)), ("young people", (13, 19)),
    ("voksne", (18, None)), ("voksen", (18, None)), ("adults", (18, None)), ("adult", (18, None)),
    ("eldre", (65, None)), ("senior", (60, None)), ("pensjonist", (62, None)), ("older people", (65, None)), ("elderly", (65, None)),
)  # fmt: skip
_YEARS = r"(?:\s*(?:ar(?:s)?(?: alder(?:en)?)?|ar gamle|aring(?:er)?|years?(?: old)?|yrs?|y o))?"
_DASH = r"\s*(?:-|til(?: og med)?|t o m|to|through|og opp til|og)\s*"


def ages(text: str) -> Span:
    """The youngest and the oldest; None where that end is open."""
    plain = _plain(text)
    if not plain:
        raise NotUnderstood("not_understood", text)
    if plain in _EVERYBODY:
        return (None, None)
    span = _grades(plain) or _numbers(plain) or _born(plain)
    if span is None:
        found, left = [], plain
        for word, group in _GROUPS:
            # Taken out once understood: "unge voksne" is not "unge" and "voksne" besides.
            left, times = re.subn(rf"\b{word}\w*", " ", left)
            found += [group] * bool(times)
        if not found:
            if re.search(r"\b(alle|everyone|all)\b", plain):
                return (None, None)
            raise NotUnderstood("not_understood", text)
        span = (min(s[0] or 0 for s in found), None if any(s[1] is None for s in found) else max(s[1] or 0 for s in found))
    youngest, oldest = span
    if youngest is not None and oldest is not None and youngest > oldest:
        youngest, oldest = oldest, youngest
    if (youngest or 0) > 120 or (oldest or 0) > 130:
        raise NotUnderstood("not_understood", text)
    return (
        youngest or None if youngest == 0 and (oldest is None or oldest >= _OLDEST) else youngest,
        None if oldest is None or oldest >= _OLDEST else oldest,
    )


def backwards(text: str) -> bool:
    """True where an older age stands before a younger: "15-8"."""
    plain = _plain(text)
    n = rf"(\d{{1,3}})(?:\s*(?:trinn|klasse))?{_YEARS}"
    if re.search(r"\d{4}", plain):
        return False
    return any(int(a) > int(b) for a, b in re.findall(rf"\b{n}\s*(?:-|til(?: og med)?|t o m|to|through)\s*{n}(?!\w)", plain))


def age(text: str) -> int | None:
    """One age, from a column that is only its lower or upper end. "Alle" and "ingen" leave it open."""
    plain = _plain(text)
    if plain in _EVERYBODY or plain in ("ingen", "none", "ubegrenset", "unlimited"):
        return None
    if found := re.fullmatch(rf"(?:fra |til |from |to |ca |over |under )*(\d{{1,3}})(?: \d)?{_YEARS}\s*\+?", plain):
        years = int(found[1])
        if years <= 120:
            return years if years < _OLDEST else None
    raise NotUnderstood("not_understood", text)


def _plain(text: str) -> str:
    """Folded, with every dash a hyphen and a plus kept, since both carry meaning here."""
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text)
    # A spreadsheet turns "6-12" into a date of its own; then it comes here as 2026-12-06 and cannot be trusted.
    parts = re.split(r"([-+<>≥≤])", text)
    return re.sub(r"\s+", " ", " ".join(p if p in "-+<>≥≤" else fold(p) for p in parts if p.strip())).strip()


def _numbers(plain: str) -> Span | None:
    n = r"(\d{1,3})"
    if re.search(r"\d{4}", plain):
        return None
    spans = [(int(a), int(b)) for a, b in re.findall(rf"\b{n}{_YEARS}{_DASH}{n}\b", plain)]
    if spans:
        # "6-9 og 10-12": from the youngest of them to the oldest.
        return (min(min(s) for s in spans), max(max(s) for s in spans))
    if found := re.search(
        rf"\b(?:fra(?: og med)?|fom|f o m|over|fylt|minst|min|from|at least|eldre enn|older than|>|≥) ?{n}\b", plain
    ) or re.search(
        rf"\b{n}{_YEARS}\s*(?:\+|(?:og|eller|and|or) (?:oppover|eldre|over|older|up|above|opp)|oppover|og opp|-$)", plain
    ):
        years = int(found[1])
        return (years + (1 if re.search(r"\beldre enn|older than", plain) else 0), None)
    if found := re.search(rf"(?:[<≤]|\b(?:under|yngre enn|younger than|below)) ?{n}\b", plain):
        return (None, int(found[1]) - (0 if "≤" in plain else 1))
    if found := re.search(rf"\b(?:til(?: og med)?|tom|t o m|inntil|opp til|maks|max|up to|until|- ) ?{n}\b", plain):
        return (None, int(found[1]))
    if re.match(rf"^[>≥] ?{n}", plain):
        return (int(re.findall(r"\d+", plain)[0]), None)
    if found := re.fullmatch(rf"(?:ca )?{n}(?: - aring\w*|{_YEARS})", plain):
        return (int(found[1]), int(found[1]))
    listed = re.fullmatch(rf"{n}(?: {n})+{_YEARS}", plain)
    if listed:
        listed_years = [int(y) for y in re.findall(r"\d+", plain)]
        return (min(listed_years), max(listed_years))
    return None


def _grades(plain: str) -> Span | None:
    if found := re.search(r"\bvg ?(\d)(?:\s*(?:-|til|og)\s*(?:vg ?)?(\d))?", plain):
        first = int(found[1])
        return (15 + first, 15 + int(found[2] or first))
    if not re.search(r"\b(?:trinn|klasse|klassetrinn|arstrinn|grade|kl)\b", plain):
        return None
    if found := re.search(r"\b(\d{1,2})\s*(?:trinn |klasse |kl )?(?:-|til|og|to)\s*(\d{1,2})\b", plain):
        low, high = sorted((int(found[1]), int(found[2])))
    elif found := re.search(r"\b(?:fra )(\d{1,2})\b", plain):
        return (int(found[1]) + 5, None)
    elif found := re.search(r"\b(\d{1,2})\b", plain):
        low = high = int(found[1])
    else:
        return None
    # Grade 5 are those who turn ten this school year and eleven next: both belong.
    return (low + 5, high + 5) if 1 <= low <= high <= 13 else None


def _born(plain: str) -> Span | None:
    """ "Født 2012-2015" would be another age every year, so it is not turned into one."""
    return None
