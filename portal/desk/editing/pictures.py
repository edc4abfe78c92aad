"""Pictures that providers send in: checked as staff's are, freed of what a telephone writes into them, kept by municipality.

A telephone writes into a picture where it was taken. It is drawn anew without that, upright, and no larger than a page shows.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow
from PIL import ImageOps
from wagtail.images.fields import WagtailImageField
from wagtail.images.models import Image
from wagtail.images.rect import Rect

from directory.municipalities.models import Municipality
from portal.kit.pictures import read_carefully

LONGEST_SIDE = 2400
THIRDS = (1 / 6, 1 / 2, 5 / 6)
#: The part of a picture that must be seen in every shape of it: nine places, as rows of three.
PARTS = {
    "0-0": _("top left"),
    "1-0": _("top"),
    "2-0": _("top right"),
    "0-1": _("left"),
    "1-1": _("the middle"),
    "2-1": _("right"),
    "0-2": _("bottom left"),
    "1-2": _("bottom"),
    "2-2": _("bottom right"),
}
MIDDLE = "1-1"


#: What Wagtail calls the faults of a picture; people are told one thing.
FAULTS = (
    *("invalid_image", "invalid_image_extension", "invalid_image_known_format"),
    *("file_too_large", "file_too_large_unknown_size", "file_too_many_pixels"),
)


class PictureForm(forms.Form):
    """A new picture, or another cut of the one that is there, and what it shows."""

    file = WagtailImageField(label=_("Choose a picture"), required=False)
    alt = forms.CharField(label=_("What does the picture show?"), max_length=200, required=False)
    part = forms.ChoiceField(
        label=_("Which part must always be seen?"), choices=list(PARTS.items()), required=False, initial=MIDDLE
    )
    across = forms.FloatField(required=False, min_value=0, max_value=1)  # where somebody pressed on the picture
    down = forms.FloatField(required=False, min_value=0, max_value=1)
    remove = forms.BooleanField(label=_("Take the picture away"), required=False)

    def __init__(self, *args: Any, has_picture: bool, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_picture = has_picture
        file: Any = self.fields["file"]
        read_carefully(file)
        file.validators = []  # the contents are looked at, whatever the name says
        file.error_messages = dict.fromkeys(FAULTS, _("Use a picture of the kind JPEG, PNG or WebP, at most 12 MB.")) | {
            "empty": _("This file is damaged or is not a picture. Try another."),
            "invalid": _("This file is damaged or is not a picture. Try another."),
            "max_length": _("The name of this file is too long."),
        }
        self.fields["file"].help_text = _(
            "From your telephone or computer. Only use pictures that you may use, of people who agree."
        )
        self.fields["file"].widget.attrs["accept"] = "image/jpeg,image/png,image/webp"
        self.fields["alt"].widget.attrs["lang"] = lang

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["alt"] = str(values.get("alt") or "").replace("\x00", "").strip()
        stays = (self.has_picture or values.get("file")) and not values.get("remove")
        if stays and not values["alt"] and "file" not in self.errors:
            self.add_error("alt", _("Say what the picture shows, for those who cannot see it."))
        if not self.has_picture and not values.get("file") and "file" not in self.errors and not values.get("remove"):
            self.add_error("file", _("Choose a picture first."))
        return values

    def focus(self) -> tuple[float, float]:
        """Where the most important part is, as shares of width and height."""
        across, down = self.cleaned_data.get("across"), self.cleaned_data.get("down")
        if across is not None and down is not None:
            return across, down
        column, row = (int(part) for part in (self.cleaned_data.get("part") or MIDDLE).split("-"))
        return THIRDS[column], THIRDS[row]


def drawn_anew(file: Any) -> tuple[ContentFile[bytes], str, tuple[int, int]]:
    """The picture without anything a camera wrote beside it: upright, not larger than needed. Its ending and size beside it."""
    file.seek(0)
    with Pillow.open(file) as opened:
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        out = BytesIO()
        if see_through:
            picture.convert("RGBA").save(out, "PNG", optimize=True)
            return ContentFile(out.getvalue()), "png", picture.size
        picture.convert("RGB").save(out, "JPEG", quality=88, optimize=True, progressive=True)
        return ContentFile(out.getvalue()), "jpg", picture.size


def keep_picture(*, file: Any, name: str, municipality: Municipality, by: Any) -> Image:
    """A new picture in the municipality's collection."""
    content, ending, size = drawn_anew(file)
    image = Image(title=name[:255], uploaded_by_user=by)
    if municipality.collection_id:
        image.collection_id = municipality.collection_id
    image.file.save(f"{municipality.number}.{ending}", content, save=False)
    image.width, image.height = size
    image._set_image_file_metadata()
    image.save()
    return image


def cut(image: Image, focus: tuple[float, float], *, is_public: bool, by: Any) -> Image:
    """The picture with another part in the middle. One that stands on a public page is copied: that page stays as it is."""
    across, down = focus
    if is_public:
        with image.open_file() as file:
            copy = Image(title=image.title, uploaded_by_user=by, collection_id=image.collection_id)
            copy.file.save(image.file.name.rpartition("/")[2], ContentFile(file.read()), save=False)
        copy.width, copy.height = image.width, image.height
        copy._set_image_file_metadata()
        image = copy
    side = max(1, min(image.width, image.height) // 4)
    x, y = round(across * image.width), round(down * image.height)
    image.set_focal_point(Rect.from_point(x, y, side, side))
    image.save()
    return image


def part_of(image: Image | None) -> str:
    """In which ninth of a picture its most important part is; the middle where nobody has said."""
    if image is None or not image.has_focal_point() or not image.width or not image.height:
        return MIDDLE
    column = min(2, 3 * image.focal_point_x // image.width)
    row = min(2, 3 * image.focal_point_y // image.height)
    return f"{column}-{row}"
