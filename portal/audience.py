"""Who reads a text: everybody, or only the municipality's staff. Decided by where in the code it stands.

Texts that everybody may meet are complete in twelve languages, texts that only staff meet in nb, nn and en. A text used in
both is everybody's. Everything is public that no rule below calls staff's, so a forgotten rule costs a translation too
many, never an untranslated page.
"""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path

# Files whose texts only staff (or whoever runs the installation) meet. `*` also matches `/`.
STAFF_FILES = (
    "templates/*/staff/*",
    "templates/wagtailadmin/*",
    "templates/accounts/*",
    "*/management/*",
    "*/apps.py",
    "*/bulk_actions.py",
    "*/dashboard.py",
    "*/images.py",
    "*/panels.py",
    "*/previews.py",
    "*/staff_reports.py",
    "*/tenancy.py",
    "*/viewsets.py",
    "*/wagtail_hooks.py",
    "portal/accounts/account.py",
    "portal/accounts/break_glass.py",
    "portal/accounts/links.py",
    "portal/contact/office.py",
    "portal/demo/*",
    "portal/leaving/*",
    "portal/our_site/*",
    "templates/our_site/*",
    "portal/pages/blocks.py",
    "portal/pages/forms.py",
    "portal/pages/links.py",
    "portal/pages/lists.py",
    "portal/pages/tree.py",
    "portal/theme/*",
    "portal/newsletters/audience.py",
    "portal/newsletters/blocks.py",
    "portal/newsletters/figures.py",
    "portal/newsletters/actions.py",
    "portal/newsletters/models.py",
    "portal/newsletters/office.py",
    "portal/newsletters/rules.py",
    "portal/newsletters/staff_views.py",
    "portal/newsletters/states.py",
    "portal/pages/look.py",
    "portal/translating/*",
    "templates/translating/*",
    "portal/usage/*",
    "templates/usage/*",
    "directory/sources/*",
    "directory/listings/forms.py",
    "directory/municipalities/actions.py",
    "directory/municipalities/forms.py",
    "directory/proposals/rules.py",
    "directory/proposals/queries.py",
    "directory/proposals/views.py",
    "directory/proposals/office.py",
    "templates/directory/proposals/*",
    "directory/merging/*",
    "templates/directory/merging/*",
    "directory/people/emails.py",
    "directory/people/rules.py",
    "directory/people/queries.py",
    "directory/people/forms.py",
    "directory/people/views.py",
    "templates/directory/people/*",
    "portal/helping/views.py",
    "portal/helping/rules.py",
    "templates/helping/staff/*",
    "directory/reports/emails.py",
    "directory/providers/words.py",
    "directory/agencies/words.py",
    "portal/frontline/staff.py",
    "portal/till/office.py",
    "cards/*/staff_*.py",
    "cards/programmes/keeping.py",
    "cards/offers/codes_in.py",
    "cards/offers/journal.py",
    "cards/*/staff_*.py",
    "cards/*/deeds.py",
    "cards/programmes/words.py",
    "cards/offers/closing.py",
    "cards/offers/settlement_viewsets.py",
    "cards/offers/settlement_words.py",
    "cards/offers/codes_in.py",
    "cards/offers/journal.py",
    "directory/freshness/models.py",
    "directory/freshness/figures.py",
    "directory/freshness/rules.py",
)
# Choices whose labels no public page shows. The labels of other choices are public: kinds, topics, weeks.
STAFF_CHOICES = frozenset(
    {
        "Feature",
        "Role",
        "Visibility",
        "Precision",
        "ConfirmedAs",
        "Closed",
        "Outcome",
        "Step",
        "Spot",
        "EnquiryState",
        "Suspicion",
        "WordsState",
    }
)
# Calls that describe fields and screens to the admin: models.CharField(_("name")), FieldPanel(…, heading=_("…")). What a model
# finds wrong is told there too; the forms of the public have their own sentences.
STAFF_CALLS = (
    "models.*",
    "blocks.*",
    "*Panel",
    "*Block",
    "ObjectList",
    "TabbedInterface",
    "Parental*",
    "RegexValidator",
    "ValidationError",
)
# … and arguments that do so in a call of any other name, such as our own field types.
STAFF_ARGUMENTS = frozenset({"verbose_name", "verbose_name_plural", "help_text", "heading"})
# What a page type is for, said where staff choose one.
STAFF_NAMES = frozenset({"page_description"})
# In forms of the public these arguments are read by everybody.
PUBLIC_FORMS = "*forms.py"


def of_staff(path: str, line: int, base: Path) -> bool:
    """Whether the text on this line of this file is read by staff only. `path` is relative to `base`."""
    if any(fnmatch(path, pattern) for pattern in STAFF_FILES):
        return True
    if not path.endswith(".py"):
        return False
    if path not in _seen:
        _seen[path] = staff_lines((base / path).read_text(encoding="utf-8"), forms=fnmatch(path, PUBLIC_FORMS))
    return line in _seen[path]


_seen: dict[str, frozenset[int]] = {}


def staff_lines(source: str, *, forms: bool = False) -> frozenset[int]:
    """The lines of a Python file that name fields, models and screens for the admin."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if _is_for_staff(node):
            found.update(_lines(node))
        elif isinstance(node, ast.Call) and not forms:
            if any(fnmatch(ast.unparse(node.func), pattern) for pattern in STAFF_CALLS):
                found.update(_lines(node))
            for keyword in node.keywords:
                if keyword.arg in STAFF_ARGUMENTS:
                    found.update(_lines(keyword.value))
    return frozenset(found)


def _is_for_staff(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(getattr(target, "id", "") in STAFF_NAMES for target in node.targets)
    return isinstance(node, ast.ClassDef) and (node.name == "Meta" or node.name in STAFF_CHOICES)


def _lines(node: ast.AST) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)  # type: ignore[attr-defined]
