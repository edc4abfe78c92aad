"""What every page type of ours is: heading, introduction and blocks in each language, shown in the best there is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from directory.municipalities.models import Municipality
from portal.kit.texts import Text, best
from portal.languages import CODES, NAMES
from portal.pages.blocks import BodyField
from portal.pages.forms import PageForm
from portal.pages.owners import free_slug, is_front_page, municipality_of_page, reserved_slugs
from portal.pages.panels import page_tabs


class TranslatedPage(Page):
    """A page in the languages of its municipality. Wagtail's own `title` is for staff: the heading in the first language."""

    heading = models.CharField(_("heading"), max_length=120, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    body = BodyField(verbose_name=_("contents"), null=True, blank=True)

    base_form_class = PageForm
    edit_handler = page_tabs()
    content_panels: ClassVar[list[Any]] = []
    promote_panels: ClassVar[list[Any]] = []
    settings_panels: ClassVar[list[Any]] = []
    show_in_menus_default = False

    class Meta:
        abstract = True

    # ── whose, and in which language ────────────────────────────────────────────────────────────────────────

    @property
    def municipality(self) -> Municipality | None:
        """The municipality below whose front page this stands."""
        return municipality_of_page(self)

    def order(self) -> list[str]:
        """Languages in which to look for a text: the reader's, then the municipality's."""
        lang = get_language() or "nb"
        owner = self.municipality
        return owner.order_for(lang) if owner else list(dict.fromkeys([lang, *CODES]))

    def text(self, field: str) -> Text:
        """A text in the best language there is."""
        return best(self, field, self.order())

    def name(self) -> Text:
        """What the page is called; never empty."""
        return self.text("heading") or Text(self.title, self.order()[0])

    def blocks_in(self) -> tuple[Any, Text]:
        """The blocks, and the language they are in. A language without blocks of its own shows the next best."""
        for code in self.order():
            if body := getattr(self, f"body_{code}", None):
                return body, Text("·", code)
        return [], Text("·", self.order()[0])

    # ── names and addresses ─────────────────────────────────────────────────────────────────────────────────

    def title_from_heading(self) -> str:
        """The title staff see in lists."""
        owner = self.municipality
        order = [*(owner.languages if owner else ()), *CODES]
        return best(self, "heading", order).value[:255]

    def _set_core_field_defaults(self) -> None:
        """Wagtail's own place for this: it comes before a page is checked, and before a draft is, which is hardly checked."""
        if title := self.title_from_heading():
            self.title = title
            self.draft_title = title
        if not self.slug and self.title and self.path:  # type: ignore[has-type]  # without a place there are no neighbours yet to differ from
            self.slug = free_slug(self.title, self.get_parent(), self)  # type: ignore[has-type]
        super()._set_core_field_defaults()

    def is_below_front_page(self) -> bool:
        """Whether the page stands directly below a front page, where the site has addresses of its own."""
        return self.depth is not None and self.depth > 2 and is_front_page(self.get_parent())

    def clean(self) -> None:
        super().clean()
        if self.slug in reserved_slugs() and self.is_below_front_page():
            sentence = _("“%(slug)s” is an address of the site itself. Choose another.")
            raise ValidationError({"slug": sentence % {"slug": self.slug}})

    # ── published by whoever may write it ───────────────────────────────────────────────────────────────────

    @property
    def has_workflow(self) -> bool:
        """No: everybody who may write a municipality's pages may publish them, so nobody waits for anybody.

        Wagtail gives the root of the tree an approval of its own, by a group that has no members here.
        """
        return False

    def get_workflow(self) -> None:
        return None

    # ── shown ───────────────────────────────────────────────────────────────────────────────────────────────

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        """What stands below a page that is taken away is taken away with it; Wagtail asks the last page only.

        A front page is spared: without it the site still answers (`portal.pages.views.front_page`).
        """
        if path_components and not self.live and self.depth > 2:
            raise Http404("A page above this one is not published.")
        return super().route(request, path_components)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "municipality", None) is None:
            raise Http404("No municipality answers here.")
        self._municipality = request.municipality  # type: ignore[attr-defined]
        return super().serve(request, *args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        body, in_lang = self.blocks_in()
        return super().get_context(request, *args, **kwargs) | {
            "heading": self.name(),
            "intro": self.text("intro"),
            "body": body,
            "in_lang": in_lang,
            "trail": self.trail(),
        }

    def trail(self) -> list[tuple[str, Text]]:
        """Address and name of every page between the front page and this one."""
        owner = self.municipality
        if owner is None or owner.site is None:
            return []
        above = self.get_ancestors().filter(depth__gt=owner.site.root_page.depth, live=True).specific()
        found = []
        for page in above:
            if isinstance(page, TranslatedPage):
                page._municipality = owner
                found.append((page.url, page.name()))
        return found

    # ── previews: one for each language; widths are the panel's ─────────────────────────────────────────────

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        owner = self.municipality
        return [(code, NAMES[code]) for code in (owner.languages if owner else ["nb", "en"])]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        code = mode_name if mode_name in dict(self.preview_modes) else self.preview_modes[0][0]
        request.municipality = self.municipality  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = code  # type: ignore[attr-defined]
        with translation.override(code):
            response = super().serve_preview(request, "")
            if hasattr(response, "render"):
                response.render()
        return response


def live_children(page: Page) -> list[Any]:
    """The published pages directly below, in the order staff gave them, as their own types."""
    children = [child for child in page.get_children().live().specific() if isinstance(child, TranslatedPage)]
    for child in children:
        child._municipality = municipality_of_page(page)
    return children
