"""Documents that staff put on the site: what they must be to be taken, and on whose host they are given out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from wagtail.documents.forms import BaseDocumentForm
from wagtail.documents.models import Document
from wagtail.documents.permissions import permission_policy
from wagtail.documents.views.serve import serve
from wagtail.models import Collection

from directory.municipalities.models import Municipality

LOOKED_AT = 1024
MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?php")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Where the parts of an office file stand in its package.
PACKAGES = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/", "odt": "content.xml", "ods": "content.xml"}


def is_sound(start: bytes) -> bool:
    """MP3: a tag, or the mark that every frame begins with."""
    return start.startswith(b"ID3") or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0)


def is_words(start: bytes) -> bool:
    """Words in any of the alphabets' encodings: no byte that only programs and packages hold."""
    return start.startswith(UTF16) or not {0, *range(1, 8), *range(14, 27)} & set(start)


BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    "pdf": lambda start: start.startswith(b"%PDF-"),
    **dict.fromkeys(PACKAGES, lambda start: start.startswith(b"PK\x03\x04")),
    **dict.fromkeys(("txt", "csv"), lambda start: is_words(start) and not start.startswith(b"%PDF-")),
    "vtt": lambda start: start.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT") and is_words(start),
    "mp3": is_sound,
    "mp4": lambda start: start[4:8] == b"ftyp",
    "ogg": lambda start: start.startswith(b"OggS"),
    "webm": lambda start: start.startswith(b"\x1a\x45\xdf\xa3"),
}


def check_contents(file: IO[bytes], ending: str) -> None:
    """Refuse a file that is not what its name says, or is something else at the same time."""
    file.seek(0)
    start = file.read(LOOKED_AT)
    file.seek(0)
    begins = BEGINNINGS.get(ending)
    if begins is None:
        return  # the list of endings says no to it by itself
    if not begins(start):
        raise ValidationError(
            _("This is not a %(kind)s file, whatever its name says. Save it once more as %(kind)s and try again."),
            params={"kind": ending.upper()},
        )
    package = zipfile.is_zipfile(file)
    file.seek(0)
    if any(mark in start.lower() for mark in MARKUP) or (package and ending not in PACKAGES):
        raise ValidationError(
            _("Another file is hidden in this one. Open it, save it once more as %(kind)s and try again."),
            params={"kind": ending.upper()},
        )
    if ending in PACKAGES and not (package and holds(file, PACKAGES[ending])):
        raise ValidationError(
            _("This %(kind)s file is damaged or something else. Open it, save it once more and try again."),
            params={"kind": ending.upper()},
        )


def holds(file: IO[bytes], part: str) -> bool:
    """Whether a package holds what such a file consists of. Only its list of contents is read."""
    try:
        with zipfile.ZipFile(file) as package:
            return any(name.startswith(part) for name in package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    finally:
        file.seek(0)


class DocumentForm(BaseDocumentForm):
    """Wagtail's, which goes by the ending of the name alone."""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile) and file.name:
            check_contents(file, file.name.rpartition(".")[2].lower())  # type: ignore[arg-type]
        return file


def owner_of(collection: Collection) -> int | None:
    """The municipality whose documents stand in a collection; None for one that is everybody's."""
    path, step = collection.path, Collection.steplen
    above = [path[:end] for end in range(step, len(path) + 1, step)]
    return Municipality.objects.filter(collection__path__in=above).values_list("pk", flat=True).first()


def document(request: HttpRequest, document_id: str, document_filename: str) -> HttpResponse:
    """A document, on the host of the municipality it belongs to; elsewhere only for staff who may change it."""
    found = get_object_or_404(Document.objects.select_related("collection"), pk=document_id)
    owner = owner_of(found.collection)
    here = getattr(request, "municipality", None)
    at_home = owner is None or (here is not None and here.pk == owner)
    if not at_home and not permission_policy.user_has_any_permission_for_instance(request.user, ["change", "choose"], found):
        raise Http404("This document belongs to another municipality.")
    response = serve(request, document_id, document_filename)
    if response.get("Content-Encoding") == "None":  # Wagtail writes its word for "not encoded" into the header
        del response["Content-Encoding"]
    return response
