"""What a newsletter is built of. Each language has blocks of its own, as pages have.

    heading · text · image · action · listings · chosen · news · deadlines

What they become in a mail stands in writing.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.snippets.blocks import SnippetChooserBlock

from portal.pages.blocks import ActionBlock, AddressBlock, BodyField, ImageBlock, ListingsBlock, WritingBlock


class ChosenBlock(blocks.StructBlock):
    """Listings that were picked one by one."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    activities = blocks.ListBlock(
        SnippetChooserBlock("directory.Activity", label=_("Activity")), label=_("Activities"), default=[], max_num=12
    )
    providers = blocks.ListBlock(
        SnippetChooserBlock("directory.Provider", label=_("Provider")), label=_("Providers"), default=[], max_num=12
    )
    places = blocks.ListBlock(SnippetChooserBlock("directory.Place", label=_("Place")), label=_("Places"), default=[], max_num=12)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if not any(value.get(name) for name in ("activities", "providers", "places")):
            raise StructBlockValidationError({"activities": ErrorList([ValidationError(_("Choose at least one."))])})
        return value

    class Meta:
        icon = "list-ul"
        label = _("Chosen listings")


class NewsBlock(blocks.StructBlock):
    """News from the site: chosen, or the latest."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Page"), page_type=["pages.NewsPage"]),
        label=_("Chosen news"),
        default=[],
        max_num=12,
        help_text=_("None chosen: the latest."),
    )
    latest = blocks.ChoiceBlock(
        label=_("How many of the latest"), choices=[("1", "1"), ("3", "3"), ("5", "5"), ("10", "10")], default="3"
    )

    class Meta:
        icon = "doc-full"
        label = _("News")


class DeadlineBlock(blocks.StructBlock):
    day = blocks.DateBlock(label=_("Day"))
    text = blocks.CharBlock(label=_("What to do by then"), max_length=200)
    address = AddressBlock(label=_("Address"), required=False)

    class Meta:
        icon = "date"
        label = _("Deadline")


class DeadlinesBlock(blocks.StructBlock):
    """What must be done by when: the grants that can be applied for now, and lines of one's own."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    with_grants = blocks.BooleanBlock(
        label=_("The grants one can apply for now"),
        help_text=_("From the news that have a last day."),
        required=False,
        default=True,
    )
    lines = blocks.ListBlock(DeadlineBlock(), label=_("Own lines"), default=[], max_num=20)

    class Meta:
        icon = "date"
        label = _("Deadlines")


class LetterBlock(blocks.StreamBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, icon="title")
    text = WritingBlock(label=_("Text"), icon="pilcrow")
    image = ImageBlock()
    action = ActionBlock()
    listings = ListingsBlock()
    chosen = ChosenBlock()
    news = NewsBlock()
    deadlines = DeadlinesBlock()

    class Meta:
        max_num = 40


@lru_cache(maxsize=1)
def letter_block() -> LetterBlock:
    """The one definition, shared by every language."""
    return LetterBlock()


class LetterField(BodyField):
    """The blocks of a newsletter in one language. What may stand in it is known to the code and not repeated in migrations."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("block_types", None)
        super().__init__(block_types=letter_block(), **kwargs)
