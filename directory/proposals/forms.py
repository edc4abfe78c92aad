"""The form of what a proposal changes: the staff's own form of the listing, with nothing else in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from directory.listings.differences import lines_of


def form_for(draft: Any, user: Any, names: Iterable[str], data: MultiValueDict[str, Any] | None = None) -> Any:
    """The form of `names` on a draft. Widgets, checks and the guard of foreign rows are those of the listing's own form."""
    names = set(names)
    form_class = type(draft).snippet_viewset.get_edit_handler().get_form_class()
    form = form_class(data, instance=draft, for_user=user)
    for name in set(form.fields) - names:
        del form.fields[name]
    for name in set(form.formsets) - names:
        del form.formsets[name]
    for field in form.fields.values():
        field.widget.attrs.pop("autofocus", None)
    return form


def one_line_end(data: QueryDict) -> QueryDict:
    """What a browser sent, with line ends as they were written: it sends others. No database takes NUL."""
    found = data.copy()
    for name, values in found.lists():
        found.setlist(
            name, [value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else value for value in values]
        )
    return found


def mended(form: Any) -> set[str]:
    """The fields in which staff have really changed something. A valid form is asked."""
    found = {name for name in form.changed_data if not same(form.get_initial_for_field(form.fields[name], name), form, name)}
    return found | {name for name, formset in form.formsets.items() if formset.has_changed()}


def same(initial: Any, form: Any, name: str) -> bool:
    """Whether a field that the browser sent back says what it said."""
    value = form.cleaned_data.get(name)
    if isinstance(initial, str) or isinstance(value, str):
        return lines_of(initial) == lines_of(value)
    return False


def change_of(form: Any) -> Callable[[Any], None] | None:
    """What writes the mended fields into the version that was seen; None where nothing was mended."""
    names = mended(form)
    if not names:
        return None

    def change(draft: Any) -> None:
        for name in names & set(form.fields):
            setattr(draft, name, form.cleaned_data[name])
        rows = names & set(form.formsets)
        if rows:
            filled = form.save(commit=False)
            for name in rows:
                setattr(draft, name, list(getattr(filled, name).all()))

    return change
