"""The rules as a table to read, for the documents in docs/privacy."""

from __future__ import annotations

from portal.privacy.retention import Then, policy

HEADS = {
    "nb": ("Hva", "Hvem det gjelder", "Hvorfor", "Hvor lenge", "Så", "Grunnlag"),
    "en": ("What", "Whose", "Why", "How long", "Then", "Basis"),
}
ENDS = {
    "nb": {Then.ERASE: "slettes", Then.BLANK: "tømmes", Then.CALL: "slettes eller tømmes", Then.WITH: "følger det de hører til"},
    "en": {Then.ERASE: "erased", Then.BLANK: "emptied", Then.CALL: "erased or emptied", Then.WITH: "go with what they belong to"},
}
BEGIN, END = "<!-- retention: made by manage.py enforce_retention --tables -->", "<!-- /retention -->"


def table(lang: str) -> str:
    """All rules, one a line, in Norwegian (`nb`) or English (`en`)."""
    lines = [f"| {' | '.join(HEADS[lang])} |", f"|{'---|' * len(HEADS[lang])}"]
    for rule in policy().rules:
        cells = (
            rule.what[lang],
            rule.whose[lang],
            rule.why[lang],
            rule.keep[lang],
            ENDS[lang][rule.then],
            _basis(rule.basis, lang),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _basis(basis: str, lang: str) -> str:
    if basis == "–":
        return basis
    word = {"nb": "GDPR art. ", "en": "GDPR art. "}[lang]
    return word + (basis.replace("(1) ", "(1) bokstav ") if lang == "nb" else basis)


def between_marks(text: str) -> str:
    """The table that stands in a document."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()
