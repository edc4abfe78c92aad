"""A provider's pages, written step by step. Each step keeps what was answered as a draft; sending is a deed of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from directory.activities.models import Activity
from directory.activities.words import meetings
from directory.listings.previews import page_of
from directory.places.models import Place
from directory.providers.models import Provider
from portal.desk.doors import desk_page, get_provider_for
from portal.desk.editing import actions
from portal.desk.editing.changes import changed
from portal.desk.editing.forms import LanguageForm, OpeningForm, PlacesForm, SessionForm, StepForm, form_for, seen, texts_of
from portal.desk.editing.loading import get_listing, pages_of
from portal.desk.editing.pictures import PARTS, PictureForm, cut, keep_picture, part_of
from portal.desk.editing.queries import places_like
from portal.desk.editing.questions import SEEN_BY
from portal.desk.editing.states import UNSENT, State, answer_of, approval_of, remarks_of, running, state_of
from portal.desk.editing.steps import KIND_OF, KINDS, LANGUAGES, STEPS, Step, is_done, step_named, step_of, written_in
from portal.kit.refusals import Refused
from portal.kit.texts import best
from portal.kit.wording import digest
from portal.languages import NAMES

# ── the overview ────────────────────────────────────────────────────────────────────────────────────────────


def address(name: str, listing: Any, *more: Any) -> str:
    """The address of a screen about one page of a provider."""
    provider = listing if isinstance(listing, Provider) else listing.provider
    return reverse(name, args=[provider.slug, KIND_OF[type(listing)], listing.pk, *more])


@desk_page
@require_GET
def listing(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """One page: where it stands, its steps, and what can be done with it."""
    row = get_listing(request, slug, kind, pk)
    approval = approval_of(row)
    draft = actions.draft_of(row)
    remarks = remarks_of(approval)
    languages = row.municipality.languages
    said = [(step, text) for field, text in remarks.items() if (step := step_of(type(row), field, languages))]
    told = {step.slug for step, _text in said}
    steps = [
        (step, is_done(step, draft), step.slug in told) for step in STEPS[type(row)] if step is not LANGUAGES or languages[1:]
    ]
    state = state_of(row, approval)
    context = shared(row, draft) | {
        "steps": steps,
        "done": sum(done for _step, done, _told in steps),
        "state": state,
        "can_change": actions.why_not_change(approval, row) is None,
        "answer": answer_of(approval),
        "remarks": said,
        "following": next((step for step, done, _told in steps if not done), steps[0][0]),
        "lacks": actions.why_not_send(draft),
        "unsent": state in UNSENT and (row.has_unpublished_changes or not row.live),
        "may_discard": row.has_unpublished_changes or not isinstance(row, Provider),
    }
    return render(request, "desk/editing/listing.html", context)


def shared(row: Any, draft: Any) -> dict[str, Any]:
    """What every screen about one page shows."""
    provider = row if isinstance(row, Provider) else row.provider
    order = row.municipality.order_for(row.municipality.languages[0])
    return {
        "listing": row,
        "draft": draft,
        "kind": KIND_OF[type(row)],
        "provider": provider,
        "name": best(draft, "name", order),
        "provider_name": best(provider, "name", order),
        "is_page": row is provider,
        "languages_beside": row.municipality.languages[1:],
    }


# ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, slug: str, kind: str, pk: int, word: str) -> HttpResponse:
    """The questions of one step."""
    row = get_listing(request, slug, kind, pk)
    asked = step_named(type(row), word)
    if asked is None:
        raise Http404
    with as_it_stands(request, row) as row:
        if closed := shut(request, row):
            return closed
        draft = actions.draft_of(row)
        special = {"picture": picture, "when": sessions, "hours": hours, "languages": languages_page}.get(word)
        if special:
            return special(request, row, draft, asked)
        return plain_step(request, row, draft, asked)


@contextmanager
def as_it_stands(request: HttpRequest, row: Any) -> Iterator[Any]:
    """The page one looks at; while something is kept, held as it stands now, so that nobody's words are written over."""
    if request.method != "POST":
        yield row
        return
    with transaction.atomic():
        try:
            row = actions.held(row)
        except ObjectDoesNotExist:  # thrown away a moment ago
            raise Http404 from None
        yield row


def shut(request: HttpRequest, row: Any) -> HttpResponse | None:
    """Back to the overview where nothing may be changed now: it says why."""
    if reason := actions.why_not_change(approval_of(row), row):
        if wants_short_answer(request):
            return JsonResponse({"said": str(reason.label)}, status=409)
        messages.warning(request, str(reason.label))
        return redirect(address("desk-listing", row))
    return None


def wants_short_answer(request: HttpRequest) -> bool:
    """Whether the script asks, which keeps while somebody writes."""
    return request.headers.get("Accept") == "application/json"


def plain_step(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse:
    """A step that is one form."""
    form_class = form_for(type(draft), asked.form or StepForm, asked.fields, row.municipality.languages[0])
    more: dict[str, Any] = {}
    found: list[Place] = []
    if asked.form is PlacesForm:
        words = request.GET.get("place", "").replace("\x00", " ").strip()[:100]
        found = places_like(row.municipality, words) if words else []
        more = {"found": found}
    shown_before = seen(form_class(instance=draft, **more))
    form = form_class(request.POST or None, instance=draft, **more)
    clash = request.method == "POST" and request.POST.get("seen", shown_before) != shown_before
    if request.method == "POST" and form.is_valid() and not clash:
        form.save(commit=False)
        form.save_m2m()  # type: ignore[attr-defined]
        if answer := kept(request, row, draft, asked):
            return answer
    if request.method == "POST" and wants_short_answer(request):
        words = _("Somebody else has changed this meanwhile.") if clash else _("Not kept yet: look at the fields marked.")
        return JsonResponse({"said": words}, status=409 if clash else 422)
    context = step_context(request, row, draft, asked) | {
        "form": form,
        "seen": shown_before,
        "clash": clash,
        "now": now_stands(actions.draft_of(get_again(row)), form) if clash else [],
        "found": found,
        "place_words": request.GET.get("place", "").replace("\x00", " "),
        "seen_by": SEEN_BY,
    }
    return render(request, asked.template, context, status=422 if request.method == "POST" else 200)


def get_again(row: Any) -> Any:
    """The row as it stands now, untouched by a form."""
    fresh = type(row).objects.get(pk=row.pk)
    fresh.municipality = row.municipality
    return fresh


def now_stands(draft: Any, form: Any) -> list[tuple[Any, str]]:
    """(question, what stands there now) where it is another thing than what was just written."""
    out = []
    for name, field in form.fields.items():
        now = getattr(draft, name)
        if hasattr(now, "all"):
            now = ", ".join(sorted(map(str, now.all())))
        elif isinstance(now, list):
            now = ", ".join(map(str, now))
        if str(now or "") != str(form[name].value() or ""):
            out.append((field.label, str(now or "–")))
    return out


def kept(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse | None:
    """Keep the draft and go on; None where it was refused, with a message that says why."""
    try:
        actions.keep(draft=draft, by=request.user, at=timezone.now())
    except Refused as refused:
        if wants_short_answer(request):
            return JsonResponse({"said": str(refused)}, status=409)
        messages.warning(request, str(refused))
        return redirect(address("desk-listing", row))
    if wants_short_answer(request):
        form_class = asked.form and form_for(type(draft), asked.form, asked.fields, row.municipality.languages[0])
        return JsonResponse({"said": _("Kept."), "seen": seen(form_class(instance=draft)) if form_class else ""})
    return HttpResponseRedirect(onward(request, row, asked))


def onward(request: HttpRequest, row: Any, asked: Step) -> str:
    """Where the pressed button leads: the next step, or back to the overview."""
    steps = [one for one in STEPS[type(row)] if one is not LANGUAGES or row.municipality.languages[1:]]
    place = steps.index(asked)
    if "later" in request.POST or place + 1 == len(steps):
        return address("desk-listing", row)
    return address("desk-step", row, steps[place + 1].slug)


def step_context(request: HttpRequest, row: Any, draft: Any, asked: Step) -> dict[str, Any]:
    """Where one is among the steps, and what staff have said of this one."""
    steps = [one for one in STEPS[type(row)] if one is not LANGUAGES or row.municipality.languages[1:]]
    place = steps.index(asked)
    approval = approval_of(row)
    languages = row.municipality.languages
    remarks = [text for field, text in remarks_of(approval).items() if step_of(type(row), field, languages) is asked]
    return shared(row, draft) | {
        "step": asked,
        "number": place + 1,
        "count": len(steps),
        "before": steps[place - 1] if place else None,
        "remarks": remarks,
        "answer": answer_of(approval),
        "first_language": languages[0],
    }


# ── the picture ─────────────────────────────────────────────────────────────────────────────────────────────


def picture(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse:
    """A picture from a telephone, what it shows, and the part of it that must be seen."""
    first = row.municipality.languages[0]
    alt = getattr(draft, f"image_alt_{first}") or ""
    has_picture = draft.image_id is not None and draft.image is not None
    shown_before = f"{draft.image_id or ''}"
    initial = {"alt": alt, "part": part_of(draft.image if has_picture else None)}
    form = PictureForm(request.POST or None, request.FILES or None, has_picture=has_picture, lang=first, initial=initial)
    clash = request.method == "POST" and request.POST.get("seen", shown_before) != shown_before
    if request.method == "POST" and not clash and not has_picture and nothing_given(form):
        return HttpResponseRedirect(onward(request, row, asked))
    if request.method == "POST" and form.is_valid() and not clash:
        values = form.cleaned_data
        if values["remove"]:
            draft.image = None
            for code in row.municipality.languages:
                setattr(draft, f"image_alt_{code}", "")
        else:
            if values["file"]:
                draft.image = keep_picture(
                    file=values["file"], name=values["alt"], municipality=row.municipality, by=request.user
                )
                draft.image = cut(draft.image, form.focus(), is_public=False, by=request.user)
            elif values["across"] is not None or values["part"] != initial["part"]:
                draft.image = cut(draft.image, form.focus(), is_public=draft.image_id == get_again(row).image_id, by=request.user)
            if values["file"]:
                for code in row.municipality.languages[1:]:
                    setattr(draft, f"image_alt_{code}", "")  # these spoke of another picture
            setattr(draft, f"image_alt_{first}", values["alt"])
        if answer := kept(request, row, draft, asked):
            if values["file"] and "later" not in request.POST:
                # The new picture is shown before one goes on: its cut may be wrong.
                return HttpResponseRedirect(address("desk-step", row, asked.slug))
            return answer
    context = step_context(request, row, draft, asked) | {
        "form": form,
        "seen": shown_before,
        "clash": clash,
        "image": draft.image if has_picture else None,
        "parts": list(PARTS.items()),
        "chosen": (form["part"].value() or initial["part"]),
    }
    return render(request, "desk/editing/picture.html", context, status=422 if request.method == "POST" else 200)


def nothing_given(form: PictureForm) -> bool:
    """Whether the step was passed over."""
    return not form.files and not (form.data.get("alt") or "").strip()


# ── when ────────────────────────────────────────────────────────────────────────────────────────────────────


def places_of(draft: Activity) -> list[Place]:
    """Where a session of an activity can be: the activity's places, and those its sessions name."""
    named = [session.place for session in draft.sessions.all() if session.place]
    return list(dict.fromkeys([*draft.places.all(), *named]))


def in_order(draft: Activity) -> list[Any]:
    """The sessions of a draft, as their numbers in addresses count them."""
    return list(draft.sessions.all())


def print_of(session: Any) -> str:
    """What tells a session from the others of its draft: new ones have no number of their own yet."""
    return "|".join(str(getattr(session, name) or "") for name in (*actions.SESSION_FACTS, "place_id", "cancelled"))


def sessions(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse:
    """The sessions, one line each; taking one away is here, changing one is a page of its own."""
    found = in_order(draft)
    if request.method == "POST":
        if "remove" in request.POST:
            number, _bar, mark = request.POST["remove"].partition(":")
            if number.isdecimal() and int(number) < len(found) and short_print(found[int(number)]) == mark:
                draft.sessions = [session for n, session in enumerate(found) if n != int(number)]
                if answer := kept(request, row, draft, asked):
                    if answer.status_code == 302:
                        messages.success(request, _("Taken away."))
                        return redirect(address("desk-step", row, asked.slug))
                    return answer
            messages.warning(request, _("Somebody else has changed this meanwhile. Look once more."))
            return redirect(address("desk-step", row, asked.slug))
        return HttpResponseRedirect(onward(request, row, asked))
    lines = [
        (n, short_print(session), next(iter(meetings([session], timezone.localdate())), None), session)
        for n, session in enumerate(found)
    ]
    context = step_context(request, row, draft, asked) | {"lines": lines}
    return render(request, "desk/editing/when.html", context)


def short_print(session: Any) -> str:
    return digest(print_of(session))[:12]


@desk_page
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest, slug: str, kind: str, pk: int, number: str) -> HttpResponse:
    """One session: new, or the n-th of the draft."""
    row = get_listing(request, slug, kind, pk)
    if not isinstance(row, Activity):
        raise Http404
    with as_it_stands(request, row) as row:
        return shut(request, row) or one_session(request, row, number)


def one_session(request: HttpRequest, row: Activity, number: str) -> HttpResponse:
    """The questions of one session."""
    draft = actions.draft_of(row)
    found = in_order(draft)
    if number != "new" and not (number.isdecimal() and len(number) < 5 and int(number) < len(found)):
        raise Http404
    old = None if number == "new" else found[int(number)]
    asked = next(one for one in STEPS[Activity] if one.slug == "when")
    initial = SessionForm.initial_of(old) if old else {}
    mark = short_print(old) if old else ""
    order = row.municipality.order_for(request.LANGUAGE_CODE)  # type: ignore[attr-defined]
    form = SessionForm(request.POST or None, places=places_of(draft), lang=order, initial=initial)
    clash = request.method == "POST" and request.POST.get("seen", mark) != mark
    if request.method == "POST" and form.is_valid() and not clash:
        new = form.sessions()
        if old is None:
            found += new
        else:
            new[0].pk = old.pk  # it stays the same session where it is changed
            found[int(number) : int(number) + 1] = new
        if len(found) > actions.MOST_SESSIONS:
            form.add_error(None, _("That is very many times. Gather those that repeat each week."))
        else:
            draft.sessions = found
            if answer := kept(request, row, draft, asked):
                if answer.status_code == 302:
                    messages.success(request, _("Kept."))
                    return redirect(address("desk-step", row, asked.slug))
                return answer
    context = step_context(request, row, draft, asked) | {"form": form, "seen": mark, "clash": clash, "is_new": old is None}
    return render(request, "desk/editing/session.html", context, status=422 if request.method == "POST" else 200)


# ── opening hours ───────────────────────────────────────────────────────────────────────────────────────────


def hours(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse:
    """The opening hours of a place, and a word about them."""
    first = row.municipality.languages[0]
    times = list(draft.opening_times.all())
    mark = digest("|".join(f"{t.weekday}{t.opens}{t.closes}{t.note}" for t in times))[:12]
    form = OpeningForm(request.POST or None, times=times)
    words_class = form_for(Place, StepForm, ("opening_note",), first)
    words = words_class(request.POST or None, instance=draft)
    clash = request.method == "POST" and request.POST.get("seen", mark) != mark
    if request.method == "POST" and form.is_valid() and words.is_valid() and not clash:
        words.save(commit=False)
        draft.opening_times = form.times()
        if answer := kept(request, row, draft, asked):
            return answer
    context = step_context(request, row, draft, asked) | {"form": form, "words": words, "seen": mark, "clash": clash}
    return render(request, "desk/editing/hours.html", context, status=422 if request.method == "POST" else 200)


# ── languages ───────────────────────────────────────────────────────────────────────────────────────────────


def languages_page(request: HttpRequest, row: Any, draft: Any, asked: Step) -> HttpResponse:
    """The other languages of the municipality, and how much stands in each."""
    if not row.municipality.languages[1:]:
        raise Http404
    if request.method == "POST":
        return HttpResponseRedirect(address("desk-listing", row))
    lines = [(code, NAMES[code], *written_in(draft, code)) for code in row.municipality.languages[1:]]
    context = step_context(request, row, draft, asked) | {"lines": lines}
    return render(request, "desk/editing/languages.html", context)


@desk_page
@require_http_methods(["GET", "POST"])
def language(request: HttpRequest, slug: str, kind: str, pk: int, code: str) -> HttpResponse:
    """All texts in one other language, each beside the original."""
    row = get_listing(request, slug, kind, pk)
    if code not in row.municipality.languages[1:]:
        raise Http404
    with as_it_stands(request, row) as row:
        return shut(request, row) or one_language(request, row, code)


def one_language(request: HttpRequest, row: Any, code: str) -> HttpResponse:
    """The texts in one language, and the press that keeps them."""
    first = row.municipality.languages[0]
    draft = actions.draft_of(row)
    asked = dict.fromkeys(name for one in STEPS[type(row)] for name in one.fields)  # in the order of the steps
    names = tuple(
        name
        for name in [
            *(name for name in asked if name in texts_of(type(row))),
            *(n for n in texts_of(type(row)) if n not in asked),
        ]
        if (getattr(draft, f"{name}_{first}") or "").strip() or (getattr(draft, f"{name}_{code}") or "").strip()
    )
    form_class = form_for(type(draft), LanguageForm, names, code)
    mark = seen(form_class(instance=draft, code=code))  # type: ignore[call-arg]
    form = form_class(request.POST or None, instance=draft, code=code)  # type: ignore[call-arg]
    clash = request.method == "POST" and request.POST.get("seen", mark) != mark
    if request.method == "POST" and form.is_valid() and not clash:
        form.save(commit=False)
        if answer := kept(request, row, draft, LANGUAGES):
            if wants_short_answer(request) and answer.status_code == 200:
                return JsonResponse({"said": _("Kept."), "seen": seen(form_class(instance=draft, code=code))})  # type: ignore[call-arg]
            return answer if answer.status_code != 302 else redirect(address("desk-step", row, "languages"))
    if request.method == "POST" and wants_short_answer(request):
        words = _("Somebody else has changed this meanwhile.") if clash else _("Not kept yet: look at the fields marked.")
        return JsonResponse({"said": words}, status=409 if clash else 422)
    context = step_context(request, row, draft, LANGUAGES) | {
        "form": form,
        "seen": mark,
        "clash": clash,
        "code": code,
        "now": now_stands(actions.draft_of(get_again(row)), form) if clash else [],
    }
    return render(request, "desk/editing/language.html", context, status=422 if request.method == "POST" else 200)


# ── looking at it ───────────────────────────────────────────────────────────────────────────────────────────


@desk_page  # type: ignore[arg-type]
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_GET
def preview(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """The page as residents would see it: in each language, as wide as a telephone or a computer."""
    row = get_listing(request, slug, kind, pk)
    draft = actions.draft_of(row)
    offered = row.municipality.languages
    code = request.GET.get("lang", "")
    code = code if code in offered else offered[0]
    parts = address("desk-preview-page", row).split("/", 2)
    context = shared(row, draft) | {
        "code": code,
        "offered": [(one, NAMES[one]) for one in offered],
        "width": "wide" if request.GET.get("width") == "wide" else "phone",
        "frame": f"/{code}/{parts[2]}",
        "state": state_of(row, approval_of(row)),
    }
    return render(request, "desk/editing/preview.html", context)


@desk_page
@require_GET
def preview_page(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """The draft on the public page's own template."""
    row = get_listing(request, slug, kind, pk)
    draft = actions.draft_of(row)
    if not draft.slug:
        draft.slug = row.slug
    response = page_of(type(draft))(request, draft)
    response["X-Robots-Tag"] = "noindex"
    return response


# ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """What has been changed on which page, and one button that hands it all in."""
    provider = get_provider_for(request, slug)
    pages = pages_of(provider)
    approvals = running(pages)
    only = request.GET.get("only", "")
    lines = []
    for row in pages:
        approval = approvals.get((type(row), row.pk))
        state = state_of(row, approval)
        if state not in UNSENT or (state == State.CHANGED and not row.has_unpublished_changes):
            continue
        draft = actions.draft_of(row)
        key = f"{KIND_OF[type(row)]}-{row.pk}"
        lines.append(
            {
                "key": key,
                "mark": actions.mark_of(draft),
                "row": row,
                "name": best(draft, "name", row.municipality.order_for(row.municipality.languages[0])),
                "state": state,
                "changes": changed(row, draft),
                "lacks": actions.why_not_send(draft),
                "chosen": not only or only == key,
                "href": address("desk-listing", row),
            }
        )
    if request.method == "POST":
        return hand_in(request, provider, lines)
    context = {
        "provider": provider,
        "provider_name": best(provider, "name", provider.municipality.order_for(provider.municipality.languages[0])),
        "lines": lines,
        "any_ready": any(line["lacks"] is None for line in lines),
    }
    return render(request, "desk/editing/send.html", context)


def hand_in(request: HttpRequest, provider: Provider, lines: list[dict[str, Any]]) -> HttpResponse:
    """Send what was ticked, as it was shown; say what became of it."""
    at = timezone.now()
    chosen = set(request.POST.getlist("page"))
    sent, public, moved = 0, 0, False
    for line in lines:
        if line["key"] not in chosen:
            continue
        try:
            out = actions.send(listing=line["row"], by=request.user, at=at, seen=request.POST.get(f"seen-{line['key']}", ""))
        except Refused as refused:
            moved |= refused.reason == actions.Why.MOVED
            messages.warning(request, _("%(name)s was not sent: %(why)s") % {"name": line["name"], "why": refused})
            continue
        public += out
        sent += not out
    if sent:
        words = ngettext(
            "Sent. The municipality looks at it, and you get an answer by mail.",
            "%(count)s pages are sent. The municipality looks at them, and you get an answer by mail.",
            sent,
        )
        messages.success(request, words % {"count": sent})
    if public:
        messages.success(request, ngettext("It is public now.", "%(count)s pages are public now.", public) % {"count": public})
    if not chosen:
        messages.warning(request, _("Choose what to send."))
    return redirect("desk-provider" if chosen and not moved else "desk-send", provider.slug)


@desk_page
@require_POST
def take_back(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """Take back what waits."""
    row = get_listing(request, slug, kind, pk)
    try:
        actions.take_back(listing=row, by=request.user)
        messages.success(request, _("You have it back, and can change more."))
    except Refused as refused:
        messages.warning(request, str(refused))
    return redirect(address("desk-listing", row))


@desk_page
@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """Throw the draft away, after a question."""
    row = get_listing(request, slug, kind, pk)
    draft = actions.draft_of(row)
    if request.method == "POST":
        provider = row if isinstance(row, Provider) else row.provider
        try:
            gone = actions.discard(listing=row, by=request.user)
        except Refused as refused:
            messages.warning(request, str(refused))
            return redirect(address("desk-listing", row))
        messages.success(request, _("The draft is gone."))
        return redirect("desk-provider", provider.slug) if gone else redirect(address("desk-listing", row))
    return render(request, "desk/editing/discard.html", shared(row, draft) | {"changes": changed(row, draft)})


# ── something new ───────────────────────────────────────────────────────────────────────────────────────────


@desk_page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """A new activity or place begins with its name."""
    provider = get_provider_for(request, slug)
    model = KINDS.get(kind)
    if model is None or model is Provider:
        raise Http404
    name = request.POST.get("name", "").replace("\x00", "").strip()
    error = ""
    if request.method == "POST":
        if not name:
            error = _("Write a name.")
        elif len(name) > 160:
            error = _("The name is too long: at most 160 letters.")
        else:
            try:
                row = actions.begin(model=model, provider=provider, name=name, by=request.user)
                row.provider = provider
                return redirect(address("desk-step", row, "name"))
            except Refused as refused:
                error = str(refused)
    context = {
        "provider": provider,
        "provider_name": best(provider, "name", provider.municipality.order_for(provider.municipality.languages[0])),
        "kind": kind,
        "name": name,
        "error": error,
        "first_language": provider.municipality.languages[0],
    }
    return render(request, "desk/editing/new.html", context, status=422 if error else 200)
