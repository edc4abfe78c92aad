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

    Where there is room left, English stands last, or Norwegian on an English page.
    """
    seen = {script(page_lang)}
    found = []
    for language in languages:
        if script(language[0]) not in seen:
            seen.add(script(language[0]))
            found.append(language)
    wide = "nb" if page_lang == "en" else "en"
    found += [language for language in languages if language[0] == wide and script(page_lang) == "Latn"]
    return found[:MOST_OTHERS]
