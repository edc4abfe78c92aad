"""What follows on writing a newsletter: who gets it, a test, its release, how it goes, and what staff must decide."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from directory.municipalities.tenancy import mine, row_ids
from portal.kit.exports import harmless
from portal.kit.refusals import Refused
from portal.languages import NAMES
from portal.newsletters import actions
from portal.newsletters.audience import Audience, LeftOut, Person, audience_of
from portal.newsletters.figures import figures_of
from portal.newsletters.models import Newsletter
from portal.newsletters.rules import WhyNotLetter
from portal.newsletters.states import ASKS_STAFF, OPEN, LetterState
from portal.newsletters.writing import TOKEN, edition_of, sender_line

REFRESH = 5  # seconds
PER_PAGE = 100
LISTED = 200  # messages to decide about, on one page


def preview(request: HttpRequest, newsletter: Newsletter, lang: str) -> HttpResponse:
    """The letter as readers of a language get it, for the panel beside the form and for a window of its own."""
    if newsletter.sender_id is None:
        words = _now("Choose a sender first: its name stands in the letter.")
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    response = HttpResponse(edition_of(newsletter, lang).html.replace(TOKEN, "preview"))
    # A mail carries its rules in its elements; nothing in it may run.
    response._csp_replace = {  # type: ignore[attr-defined]
        "default-src": ["'none'"],
        "script-src": ["'none'"],
        "connect-src": ["'none'"],
        "img-src": ["'self'", "data:", request.build_absolute_uri("/")],
        "style-src": ["'unsafe-inline'"],
        "frame-ancestors": ["'self'"],
    }
    return response


class LetterScreen(WagtailAdminTemplateMixin, TemplateView):
    """A screen about one letter, with its way back."""

    permission: ClassVar[str] = "change"
    _show_breadcrumbs = True
    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.viewset.permission_policy.user_has_permission(request.user, self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    @property
    def viewset(self) -> Any:
        return Newsletter.snippet_viewset  # type: ignore[attr-defined]

    def address(self, name: str, *args: Any) -> str:
        return reverse(self.viewset.get_url_name(name), args=args)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": self.address("list"), "label": _("Newsletters")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    @cached_property
    def letter(self) -> Newsletter:
        """The guard of the viewset has let only own rows through; it is asked again here, where the row is loaded."""
        rows = mine(Newsletter, self.request.user).select_related("municipality__site", "sender", "released_by")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return str(self.letter)

    def get_page_subtitle(self) -> str:
        return self.letter.get_state_display()

    def back(self) -> HttpResponse:
        return redirect(self.address("send", self.letter.pk))


class SendView(LetterScreen):
    """Before its release: who gets it, a test, and the button. After it: how it goes, and what must be decided."""

    template_name = "newsletters/staff/send.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        letter = self.letter
        is_open = letter.state in OPEN
        context: dict[str, Any] = {
            "letter": letter,
            "is_open": is_open,
            "from_line": sender_line(letter),
            "addresses": {name: self.address(name, letter.pk) for name in ("edit", "receivers", "preview_on_edit", *DEEDS)},
            "public_address": f"/{letter.municipality.languages[0]}/newsletters/{letter.slug}/",
        }
        if is_open:
            audience = audience_of(letter)
            why = actions.why_not(letter, audience)
            written = letter.written_in()
            context |= {
                "audience": audience,
                "by_language": [(NAMES[code], count, code in written) for code, count in audience.by_language().items()],
                "why_not": why.label if why else "",
                "test_languages": [(code, NAMES[code]) for code in letter.municipality.languages],
                "by": self.request.user,
            }
        else:
            asks = letter.deliveries.filter(state__in=ASKS_STAFF).select_related("receiver").order_by("pk")
            context |= {
                "figures": figures_of(letter),
                "asks": asks[:LISTED],
                "ask_count": asks.count(),
                # Residents gave their address to get letters, not to stand in lists.
                "names_receivers": letter.audience != Newsletter.Audience.RESIDENTS,
                "can_pause": letter.state == LetterState.SENDING,
                "can_resume": letter.state == LetterState.PAUSED,
                "can_cancel": letter.state in (LetterState.SENDING, LetterState.PAUSED),
            }
        return super().get_context_data(**context, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if self.letter.state == LetterState.SENDING:
            response["Refresh"] = str(REFRESH)
        return response


class ReceiversView(LetterScreen):
    """Who would get the letter, and who is left out, with the reason. `?export=csv` gives the same as a file."""

    template_name = "newsletters/staff/receivers.html"

    def get_page_subtitle(self) -> str:
        return _now("Who gets it")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.letter.audience == Newsletter.Audience.RESIDENTS:
            # Residents gave their address to get letters, not to stand in lists.
            return self.back()
        audience = audience_of(self.letter)
        if request.GET.get("export") == "csv":
            log(self.letter, "newsletter.export", user=request.user, data={"rows": len(audience.people) + len(audience.left_out)})
            return as_csv(self.letter, audience)
        shown = Paginator([*audience.people, *audience.left_out], PER_PAGE).get_page(request.GET.get("page"))
        rows = [
            (row, NAMES.get(getattr(row, "lang", ""), ""), row.reason.label if isinstance(row, LeftOut) else "") for row in shown
        ]
        context = self.get_context_data(
            letter=self.letter, audience=audience, rows=rows, shown=shown, back=self.address("send", self.letter.pk)
        )
        return self.render_to_response(context)


def as_csv(letter: Newsletter, audience: Audience) -> StreamingHttpResponse:
    """Receivers as a sheet, as spreadsheet programs in Norway open it."""

    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo(), delimiter=";", lineterminator="\r\n")
    rows: list[Person | LeftOut] = [*audience.people, *audience.left_out]

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield writer.writerow([_now("Mail address"), _now("For"), _now("Language"), _now("Left out because")])
        for row in rows:
            lang = NAMES.get(row.lang, row.lang) if isinstance(row, Person) else ""
            reason = str(row.reason.label) if isinstance(row, LeftOut) else ""
            yield writer.writerow([harmless(cell) for cell in (row.email, ", ".join(row.names), lang, reason)])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="newsletter-{letter.pk}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# ── deeds ───────────────────────────────────────────────────────────────────────────────────────────────────


class Deed(LetterScreen):
    """Something done with a letter by pressing a button; a visit to its address only leads back."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.do(self.letter, timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
        return self.back()

    def do(self, letter: Newsletter, at: datetime) -> None:
        raise NotImplementedError


class TestDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        chosen = [code for code in self.request.POST.getlist("lang") if code in letter.municipality.languages]
        if not letter.written_in():
            messages.error(self.request, _now("There is nothing in the letter yet. Write it in one language at least."))
            return
        count = actions.send_test(newsletter=letter, by=self.request.user, langs=chosen or letter.municipality.languages[:1])
        sentence = ngettext(
            "%(count)s test letter is on its way to %(address)s.",
            "%(count)s test letters are on their way to %(address)s.",
            count,
        )
        messages.success(self.request, sentence % {"count": count, "address": getattr(self.request.user, "email", "")})


class ReleaseDeed(Deed):
    """Asks once more, and says how many get the letter. It goes to no other number of receivers than was told there."""

    template_name = "newsletters/staff/release.html"

    def get_page_subtitle(self) -> str:
        return _now("Send it now?")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.asked(changed=False)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        seen = request.POST.get("seen", "")
        if not seen:
            return self.asked(changed=False)
        try:
            self.go(int(seen) if seen.isdecimal() and len(seen) < 10 else -1)
        except Refused as refused:
            if refused.reason == WhyNotLetter.CHANGED:
                return self.asked(changed=True)
            messages.error(request, str(refused))
        return self.back()

    def asked(self, *, changed: bool) -> HttpResponse:
        letter = self.letter
        if letter.state not in OPEN:
            return self.back()
        audience = audience_of(letter)
        if (why := actions.why_not(letter, audience)) is not None:
            messages.error(self.request, str(why.label))
            return self.back()
        context = self.get_context_data(
            letter=letter,
            from_line=sender_line(letter),
            audience=audience,
            by_language=[(NAMES[code], count) for code, count in audience.by_language().items()],
            changed=WhyNotLetter.CHANGED.label if changed else "",
            back=self.address("send", letter.pk),
        )
        return self.render_to_response(context)

    def go(self, seen: int) -> None:
        count = actions.release(newsletter=self.letter, by=self.request.user, at=timezone.now(), seen=seen)
        sentence = ngettext("The letter goes to %(count)s receiver.", "The letter goes to %(count)s receivers.", count)
        messages.success(self.request, sentence % {"count": count})


class ScheduleDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        when = read_moment(self.request.POST.get("when", ""))
        if when is None:
            messages.error(self.request, _now("Choose a day and a time."))
            return
        actions.schedule(newsletter=letter, when=when, by=self.request.user, at=at)
        messages.success(self.request, _now("The letter goes out by itself at that time."))


class UnscheduleDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        actions.unschedule(newsletter=letter, by=self.request.user)
        messages.success(self.request, _now("The letter is a draft again."))


class PauseDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        actions.pause(newsletter=letter, by=self.request.user)


class ResumeDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        actions.resume(newsletter=letter, by=self.request.user)


class CancelDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        held = actions.cancel(newsletter=letter, by=self.request.user, at=at)
        sentence = ngettext("%(count)s message was held back.", "%(count)s messages were held back.", held)
        messages.success(self.request, sentence % {"count": held})


class DecideDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        every = self.request.POST.get("all") == "1"
        chosen = None if every else row_ids(self.request.POST.getlist("message"))
        if not every and not chosen:
            messages.error(self.request, _now("Mark the messages you have decided about."))
            return
        again = self.request.POST.get("decision") == "again"
        count = actions.decide(newsletter=letter, deliveries=chosen, again=again, by=self.request.user, at=at)
        if again:
            sentence = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
        else:
            sentence = ngettext("%(count)s message is left as it is.", "%(count)s messages are left as they are.", count)
        messages.success(self.request, sentence % {"count": count})


class ArchiveDeed(Deed):
    def do(self, letter: Newsletter, at: datetime) -> None:
        actions.show_in_archive(newsletter=letter, shown=self.request.POST.get("shown") == "1", by=self.request.user)


def read_moment(text: str) -> datetime | None:
    """A moment as the field of a browser writes it, in the time people here live in."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


DEEDS: dict[str, type[Deed]] = {
    "test": TestDeed,
    "release": ReleaseDeed,
    "schedule": ScheduleDeed,
    "unschedule": UnscheduleDeed,
    "pause": PauseDeed,
    "resume": ResumeDeed,
    "cancel": CancelDeed,
    "decide": DecideDeed,
    "archive": ArchiveDeed,
}
