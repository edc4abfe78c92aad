"""Staff screens of activities and of the seasons that gather them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column

from directory.activities.models import Activity, Season
from directory.activities.rules import why_not_day
from directory.activities.words import meetings
from directory.listings.panels import listing_tabs
from directory.listings.viewsets import CONFIRMED, LISTING_FILTERS, STATUS, VOLUNTEERS, WHERE, ListingFilterSet, ListingViewSet
from directory.municipalities.forms import DaysField, NamedForm
from directory.municipalities.panels import boxes, tabbed
from directory.municipalities.tenancy import TenantForm, TenantInlinePanel, TenantViewSet
from portal.languages import CODES

DAYS = [("", "–"), *((number + 1, name) for number, name in WEEKDAYS.items())]


UNSEEN = str.maketrans("", "", "\u2060\u2066\u2067\u2068\u2069")


def sessions_in_words(activity: Activity) -> str:
    """When it meets, for a cell of a sheet: without the signs that only steer how a page is shown."""
    words = (f"{found.sentence} {found.period}".strip() for found in meetings(activity.sessions.all(), timezone.localdate()))
    return "; ".join(words).translate(UNSEEN)


def refuse_far_years(form: forms.BaseForm, *fields: str) -> None:
    """No day of a year that was written wrong, or that stands for "no end"."""
    for field in fields:
        if years := why_not_day(form.cleaned_data.get(field), timezone.localdate()):
            form.add_error(field, _("Write a year from %(first)s to %(last)s.") % {"first": years[0], "last": years[1]})


class SessionForm(TenantForm):
    """A weekday, or one date."""

    weekday = forms.TypedChoiceField(label=_("Weekday"), choices=DAYS, coerce=int, empty_value=None, required=False)
    cancelled = DaysField(label=_("Cancelled on"), help_text=_("One day a line, such as 24.12.2026."))

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        weekday, date = values.get("weekday"), values.get("date")
        if not {"weekday", "date"} & set(self.errors) and (weekday is None) == (date is None):
            self.add_error("date", _("Give a weekday, or one date; not both."))
        refuse_far_years(self, "date", "first_day", "last_day")
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("The last day comes before the first."))
        return values


class SeasonForm(NamedForm):
    def clean(self) -> dict[str, Any]:
        values = super().clean()
        refuse_far_years(self, "starts", "ends")
        if values.get("starts") and values.get("ends") and values["starts"] > values["ends"]:
            self.add_error("ends", _("The last day comes before the first."))
        return values


class ActivityFilterSet(ListingFilterSet):
    class Meta:
        model = Activity
        fields = (*LISTING_FILTERS, "seasons", "is_free", "low_threshold")


class ActivityViewSet(ListingViewSet):
    model = Activity
    icon = "date"
    menu_order = 130
    filterset_class = ActivityFilterSet
    list_display: ClassVar[list[Any]] = [
        "__str__",
        Column("provider", label=_("Provider"), sort_key="provider__name_nb"),
        WHERE,
        STATUS,
        CONFIRMED,
        VOLUNTEERS,
    ]
    list_related = (*ListingViewSet.list_related, "provider")
    export_prefetch = (*ListingViewSet.export_prefetch, "sessions__place")
    search_columns = (*ListingViewSet.search_columns, *(f"provider__name_{code}" for code in ("nb", "nn", "en")))
    list_export: ClassVar[list[str]] = [
        *ListingViewSet.list_export[:3],
        "provider",
        "sessions_in_words",
        "is_free",
        "price",
        *ListingViewSet.list_export[3:],
    ]
    export_filename = "activities"
    export_made = {**ListingViewSet.export_made, "sessions_in_words": sessions_in_words}
    export_headings = {**ListingViewSet.export_headings, "sessions_in_words": _("when it meets")}
    edit_handler = listing_tabs(
        Activity,
        about=[FieldPanel("provider"), boxes("seasons"), FieldPanel("low_threshold")],
        more=[
            MultiFieldPanel(
                [
                    TenantInlinePanel(
                        "sessions",
                        [
                            FieldRowPanel([FieldPanel("weekday"), FieldPanel("date"), FieldPanel("weeks")]),
                            FieldRowPanel([FieldPanel("starts"), FieldPanel("ends")]),
                            FieldPanel("place"),
                            FieldRowPanel([FieldPanel("first_day"), FieldPanel("last_day")]),
                            FieldPanel("cancelled"),
                            FieldPanel("note"),
                        ],
                        form_class=SessionForm,
                        label=_("Session"),
                    ),
                    FieldPanel("places", widget=forms.SelectMultiple(attrs={"size": 6})),
                ],
                heading=_("When and where it meets"),
            ),
            MultiFieldPanel(
                [FieldPanel("is_free"), FieldRowPanel([FieldPanel("price"), FieldPanel("price_per")])],
                heading=_("Price"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("first_contact_name"),
                    FieldRowPanel([FieldPanel("first_contact_phone"), FieldPanel("first_contact_email")]),
                    FieldPanel("first_contact_visibility"),
                ],
                heading=_("The first contact"),
            ),
        ],
    )


class SeasonViewSet(TenantViewSet):
    model = Season
    icon = "calendar-alt"
    list_display: ClassVar[list[Any]] = ["__str__", "starts", "ends"]
    list_export: ClassVar[list[str]] = ["id", "name_*", "slug", "starts", "ends"]
    search_columns = tuple(f"name_{code}" for code in CODES)
    ordering = "-starts"
    edit_handler = tabbed(
        Season,
        [MultiFieldPanel([FieldRowPanel([FieldPanel("starts"), FieldPanel("ends")]), FieldPanel("slug")])],
        form=SeasonForm,
    )
