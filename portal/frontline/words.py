"""Words of one's own on a list, as they stand behind the `#` of its address: `#w=eyJhMTIiOiLigKYifQ`.

Browsers send what stands there to nobody, so no log of a server ever holds it. Without script the words come in the body
of a form, are written into the answer, and are forgotten with it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

from portal.frontline.shortlists import Shortlist, ref_of

LONGEST = 200  # letters about one thing
FRAGMENT = re.compile(r"w=[\w-]{1,30000}\Z", re.ASCII)
# A longer address makes a code that phones cannot read from a sheet of paper.
LONGEST_IN_QR = 900


def clean(text: str) -> str:
    """Words as they are kept: one line, no invisible signs, not too long."""
    seen = "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text)
    return " ".join(seen.split())[:LONGEST]


def words_in_form(fields: Mapping[str, str], shortlist: Shortlist) -> dict[str, str]:
    """The words of a form's fields `word-a12`, of things that are on the list."""
    found = {str(ref): clean(fields.get(f"word-{ref}", "")) for ref in shortlist.refs}
    return {ref: words for ref, words in found.items() if words}


def fragment(words: Mapping[str, str]) -> str:
    """What stands behind the `#`; empty without words."""
    if not words:
        return ""
    said = json.dumps(dict(words), ensure_ascii=False, separators=(",", ":"))
    return "w=" + base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(text: str) -> dict[str, str]:
    """The words a fragment holds; none where it makes no sense. The twin of `js/shortlist.js`."""
    if not FRAGMENT.match(text):
        return {}
    try:
        said = json.loads(base64.urlsafe_b64decode(text[2:] + "=" * (-len(text[2:]) % 4)))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    return {ref: words for ref, value in said.items() if ref_of(ref) and isinstance(value, str) and (words := clean(value))}
