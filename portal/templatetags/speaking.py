"""What templates need to offer a page in other languages."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from portal.languages import script

register = template.Library()
MOST_OTHERS = 3


@register.simple_tag
def other_scripts(languages: Sequence[tuple[str, str, str]], page_lang: str) -> list[tuple[str, str, str]]:
    """Up to three languages, each in a script of its own that is not the page's: somebody who reads none of it sees theirs.

    A page in Latin letters also shows one more language in these, for readers of none but theirs.
    """
    seen = {script(page_lang)}
    found = []
    for language in languages:
        if script(language[0]) not in seen:
            seen.add(script(language[0]))
            found.append(language)
    if script(page_lang) == "Latn":
        found = [*(language for language in languages if language[0] == ("en" if page_lang != "en" else "nb")), *found]
    return found[:MOST_OTHERS]
