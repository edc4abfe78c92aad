"""What a page is built of. Each language of a page has blocks of its own.

    text · image · action · questions · contact · steps · listings · map · categories · film

Templates stand in templates/pages/blocks/<name>.html. They get the page's context, and `in_lang`, the language the blocks
are written in: what staff wrote is marked with it, what the product says itself is in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageChooserBlock
from wagtail.rich_text import RichText
from wagtail.snippets.blocks import SnippetChooserBlock

from portal.pages.links import href_of, leads_away, tidy_address

WRITING = ["h2", "h3", "bold", "italic", "ul", "ol", "link", "document-link"]
SHORT_WRITING = ["bold", "italic", "ul", "ol", "link"]
FILMS = {"mp4", "webm"}
SOUNDS = {"mp3", "ogg"}


def harmless(html: str) -> str:
    """Rich text with nothing in it but the elements a page knows, however it was brought here."""
    from wagtail.admin.rich_text.converters.editor_html import DbWhitelister
    from wagtail.rich_text import features

    rules: list[Any] = []
    for feature in ("h2", "h3", "bold", "italic", "ul", "ol"):
        rules += features.get_converter_rule("editorhtml", feature) or []
    return DbWhitelister([*rules, *_link_rules()]).clean(html)


def _link_rules() -> list[Any]:
    from wagtail.admin.rich_text.converters.editor_html import WhitelistRule
    from wagtail.whitelist import attribute_rule, check_url

    return [WhitelistRule("a", attribute_rule({"href": check_url, "linktype": True, "id": True}))]


class WritingBlock(blocks.RichTextBlock):
    """Formatted text: headings, lists, links. No pictures, films or frames in it."""

    def __init__(self, short: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("features", SHORT_WRITING if short else WRITING)
        kwargs.setdefault("max_length", 20_000)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        return RichText(harmless(value.source)) if value is not None and value.source else value


class AddressBlock(blocks.CharBlock):
    """A path of this site or an https address."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 600)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        return tidy_address(super().clean(value) or "")


class QuestionBlock(blocks.CharBlock):
    """A question to the search, pasted as the address of a results page."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        kwargs.setdefault("label", _("Address of the search"))
        kwargs.setdefault("required", False)
        kwargs.setdefault(
            "help_text",
            _("Search on the public site, choose filters, and paste the address of that page. Empty: everything."),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        from portal.pages.lists import tidy_question

        return tidy_question(super().clean(value) or "")


class ImageBlock(blocks.StructBlock):
    image = ImageChooserBlock(label=_("Picture"))
    alt = blocks.CharBlock(
        label=_("What the picture shows"), max_length=250, help_text=_("Read aloud to those who cannot see the picture.")
    )
    caption = blocks.CharBlock(label=_("Caption"), max_length=300, required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "pages/blocks/image.html"


class ActionBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Sentence above the button"), max_length=400, required=False)
    label = blocks.CharBlock(label=_("Words on the button"), max_length=80)
    page = blocks.PageChooserBlock(label=_("Leads to this page"), required=False)
    address = AddressBlock(
        label=_("or to this address"),
        required=False,
        help_text=_("Of a listing or another page of this site, or of another site: https://…"),
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if bool(value.get("page")) == bool(value.get("address")):
            message = _("Choose a page or write an address, one of the two.")
            raise StructBlockValidationError({"address": ErrorList([ValidationError(message)])})
        return value

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        page, address = value.get("page"), value.get("address") or ""
        if page is not None:
            return context | {"href": page.url if page.live else "", "away": False}
        return context | {"href": href_of(address, context.get("page_lang", "nb")), "away": leads_away(address)}

    class Meta:
        icon = "link"
        label = _("Button")
        template = "pages/blocks/action.html"


class AnswerBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=200)
    answer = WritingBlock(short=True, label=_("Answer"))

    class Meta:
        icon = "help"
        label = _("Question and answer")


class QuestionsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    questions = blocks.ListBlock(AnswerBlock(), label=_("Questions"), min_num=1, max_num=40)

    class Meta:
        icon = "help"
        label = _("Questions and answers")
        template = "pages/blocks/questions.html"


class ContactBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("Person or office"), max_length=120)
    role = blocks.CharBlock(label=_("Helps with"), max_length=200, required=False)
    phone = blocks.RegexBlock(
        r"^\+?[\d ]{3,20}$",
        label=_("Telephone"),
        required=False,
        error_messages={"invalid": _("Write the number with digits and spaces only.")},
    )
    email = blocks.EmailBlock(label=_("Mail"), required=False)
    hours = blocks.CharBlock(label=_("When one answers"), max_length=200, required=False)
    where = blocks.CharBlock(label=_("Where"), max_length=200, required=False)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if not (value.get("phone") or value.get("email") or value.get("where")):
            message = _("Write a telephone number, a mail address or where to come.")
            raise StructBlockValidationError({"phone": ErrorList([ValidationError(message)])})
        return value

    class Meta:
        icon = "user"
        label = _("Contact")
        template = "pages/blocks/contact.html"


class StepsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    steps = blocks.ListBlock(blocks.TextBlock(label=_("Step"), max_length=400, rows=2), label=_("Steps"), min_num=1, max_num=15)

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = "pages/blocks/steps.html"


class ListingsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    question = QuestionBlock()
    limit = blocks.ChoiceBlock(
        label=_("How many to show"), choices=[("3", "3"), ("6", "6"), ("9", "9"), ("12", "12")], default="6"
    )

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        from portal.pages.lists import found

        context = super().get_context(value, parent_context)
        if (municipality := context.get("municipality")) is None:
            return context
        limit = int(value.get("limit") or 6)
        return context | {"found": found(value.get("question") or "", municipality, context["page_lang"], limit)}

    class Meta:
        icon = "list-ul"
        label = _("List of listings")
        template = "pages/blocks/listings.html"


class MapBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    question = QuestionBlock()

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        from portal.pages.lists import found

        context = super().get_context(value, parent_context)
        if (municipality := context.get("municipality")) is None:
            return context
        return context | {"found": found(value.get("question") or "", municipality, context["page_lang"], 0)}

    class Meta:
        icon = "site"
        label = _("Map of listings")
        template = "pages/blocks/map.html"


class CategoriesBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=120, required=False)
    categories = blocks.ListBlock(
        SnippetChooserBlock("directory.Category", label=_("Category")),
        label=_("Categories"),
        default=[],
        max_num=20,
        help_text=_("None chosen: all at the top."),
    )

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        from portal.pages.home import categories

        context = super().get_context(value, parent_context)
        if (municipality := context.get("municipality")) is None:
            return context
        chosen = [row for row in value.get("categories") or [] if row is not None and row.municipality_id == municipality.pk]
        order = municipality.order_for(context["page_lang"])
        return context | {"tiles": categories(municipality, order, chosen or None)}

    class Meta:
        icon = "folder-open-1"
        label = _("Cards of categories")
        template = "pages/blocks/categories.html"


class FilmBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=150)
    document = DocumentChooserBlock(label=_("Film, sound or file of our own"), required=False)
    captions = DocumentChooserBlock(label=_("Captions (.vtt)"), required=False)
    address = AddressBlock(
        label=_("or its address"),
        required=False,
        help_text=_("The film is linked to, not shown here: nothing is fetched elsewhere."),
    )
    transcript = WritingBlock(
        short=True,
        required=False,
        label=_("What is said and shown"),
        help_text=_("Must be there for a film or a sound, for those who cannot hear or see it."),
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        document, address = value.get("document"), value.get("address")
        faults: dict[str, ErrorList] = {}
        if bool(document) == bool(address):
            faults["document"] = ErrorList([ValidationError(_("Choose a file or write an address, one of the two."))])
        ending = ending_of(document)
        transcript = value.get("transcript")
        said = bool(transcript and transcript.source.replace("<p></p>", "").strip())
        if (address or ending in FILMS | SOUNDS) and not said:
            faults["transcript"] = ErrorList([ValidationError(_("Write what is said and shown."))])
        if value.get("captions") and ending_of(value["captions"]) != "vtt":
            faults["captions"] = ErrorList([ValidationError(_("Captions are a file that ends in .vtt."))])
        if faults:
            raise StructBlockValidationError(faults)
        return value

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        ending = ending_of(value.get("document"))
        shape = "film" if ending in FILMS else "sound" if ending in SOUNDS else "file" if value.get("document") else "link"
        return context | {
            "shape": shape,
            "ending": ending.upper(),
            "href": href_of(value.get("address") or "", context.get("page_lang", "nb")),
        }

    class Meta:
        icon = "media"
        label = _("Film or file")
        template = "pages/blocks/film.html"


def ending_of(document: Any) -> str:
    """The ending of a document's file name, small."""
    return (document.file_extension or "").lower() if document else ""


class BodyBlock(blocks.StreamBlock):
    text = WritingBlock(label=_("Text"), icon="pilcrow", template="pages/blocks/text.html")
    image = ImageBlock()
    action = ActionBlock()
    questions = QuestionsBlock()
    contact = ContactBlock()
    steps = StepsBlock()
    listings = ListingsBlock()
    map = MapBlock()
    categories = CategoriesBlock()
    film = FilmBlock()

    class Meta:
        max_num = 60
        block_counts = {"map": {"max_num": 3}, "listings": {"max_num": 8}}


@lru_cache(maxsize=1)
def body_block() -> BodyBlock:
    """The one definition, shared by every page type and language."""
    return BodyBlock()


class BodyField(StreamField):
    """The blocks of a page in one language. What may stand in it is known to the code and not repeated in migrations."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("block_lookup", None)
        super().__init__(kwargs.pop("block_types", None) or body_block(), **kwargs)

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [], kwargs


def parts(value: Any, block: Any = None) -> Iterator[tuple[Any, Any]]:
    """Every (block, value) below a value, itself included. `block`: what defines it, where it is no page's body."""
    yield from _walk(block or body_block(), value)


def _walk(block: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    yield block, value
    if value is None:
        return
    if isinstance(block, blocks.StreamBlock):
        for child in value:
            yield from _walk(child.block, child.value)
    elif isinstance(block, blocks.StructBlock):
        for name, child_block in block.child_blocks.items():
            yield from _walk(child_block, value.get(name))
    elif isinstance(block, blocks.ListBlock):
        for child in value:
            yield from _walk(block.child_block, child)
