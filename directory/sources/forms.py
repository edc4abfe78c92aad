# ruff: noqa: E501  (help texts read better whole)
"""Sending a spreadsheet in, and taking in no more of it than can be an import."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.listings.kinds import Kind, Visibility
from directory.municipalities.models import Municipality
from directory.sources.models import ImportRun
from directory.sources.spreadsheets import tables
from directory.sources.spreadsheets.problems import Unreadable


class LimitedUpload(TemporaryFileUploadHandler):
    """Files go to disk piece by piece; one that is too large is thrown away while it comes in, and answered politely."""

    #: Room for the other fields of the form.
    LIMIT = tables.MAX_BYTES + 64 * 1024

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.seen = self.announced = 0
        self.too_large = False

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        self.announced = content_length or 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.announced > self.LIMIT:
            self.too_large = True
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.seen += len(raw_data)
        if self.seen > self.LIMIT:
            self.too_large = True
            raise SkipFile
        super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        return None if self.too_large else super().file_complete(file_size)


class SendInForm(forms.Form):
    """What must be known of a list before it is read."""

    municipality = forms.ModelChoiceField(Municipality.objects.none(), label=_("Municipality"))
    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_(
            "CSV, XLSX, ODS or XLS, up to %(mb)s MB and %(rows)s rows. One row must hold the headings; titles above it do no harm."
        )
        % {"mb": tables.MAX_BYTES // 1024**2, "rows": f"{tables.MAX_ROWS:,}".replace(",", " ")},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm,.ods,.xls"}),
        required=False,
    )
    source_name = forms.CharField(
        label=_("Where the list is from"),
        max_length=120,
        help_text=_(
            "Residents see it: “from …, not confirmed by the association”. Use the same name next time, so that the rows are recognised."
        ),
    )
    source_date = forms.DateField(label=_("Date of the list"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    default_kind = forms.ChoiceField(
        label=_("The rows are"),
        choices=[
            ("", _("as the columns tell")),
            (Kind.PROVIDER, _("associations and other providers")),
            (Kind.PLACE, _("places")),
        ],
        required=False,
    )
    contacts = forms.ChoiceField(
        label=_("Who may see contact persons, mail addresses and telephones"),
        choices=Visibility.choices,
        initial=Visibility.STAFF,
        help_text=_("Only for listings that are new. Choose “everybody” only if those named have agreed."),
    )

    def __init__(self, *args: Any, municipalities: Any, upload: LimitedUpload | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upload = upload
        own = list(municipalities)
        self.fields["municipality"].queryset = municipalities  # type: ignore[attr-defined]
        if len(own) == 1:
            self.fields["municipality"].initial = own[0]
            self.fields["municipality"].widget = forms.HiddenInput()
        self.fields["source_date"].initial = timezone.localdate()
        # Lists come from the same places year after year.
        self.sources = list(
            ImportRun.objects.filter(municipality__in=own)
            .order_by("source_name")
            .values_list("source_name", flat=True)
            .distinct()[:30]
        )
        self.fields["source_name"].widget.attrs["list"] = "known-sources"

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        limit = tables.MAX_BYTES // 1024**2
        if self.upload is not None and self.upload.too_large:
            size = max(self.upload.announced, self.upload.seen) // 1024**2
            raise forms.ValidationError(str(Unreadable("file_too_big", size=size, limit=limit)))
        if not file:
            raise forms.ValidationError(_("Choose the spreadsheet."))
        if file.size > tables.MAX_BYTES:
            raise forms.ValidationError(str(Unreadable("file_too_big", size=file.size // 1024**2, limit=limit)))
        return file
