"""The form of a page: in the languages of its municipality, and with nothing chosen that is another's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.documents.models import Document
from wagtail.documents.permissions import permission_policy as document_policy
from wagtail.images.models import Image
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Page
from wagtail.rich_text import RichText, extract_references_from_rich_text

from directory.municipalities.models import Municipality
from directory.municipalities.permissions import own_pages
from directory.municipalities.tenancy import TenantForm, row_ids, tenant_id, tenant_path
from portal.pages.blocks import QuestionBlock, parts
from portal.pages.links import at_home
from portal.pages.owners import free_slug, is_front_page, municipality_of_page, reserved_slugs

FILES = {Image: image_policy, Document: document_policy}
NOBODY = -1  # no municipality has this number: a page outside every site gets no choice of anything


class PageForm(TenantForm, WagtailAdminPageForm):
    """The form of every page type."""

    named_by: ClassVar[str] = "heading"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        page, parent = kwargs.get("instance"), kwargs.get("parent_page")
        owner = (municipality_of_page(page) if page is not None else None) or (municipality_of_page(parent) if parent else None)
        if page is not None and owner is not None:
            page._municipality = owner  # a new page stands nowhere yet, and its previews ask for languages
        self.municipality: Municipality | None = owner
        super().__init__(*args, for_tenant=owner.pk if owner else NOBODY, **kwargs)
        if field := self.fields.get("slug"):
            field.required = False  # made from the heading when none is given

    def full_clean(self) -> None:
        with at_home(self.municipality):
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        above = self.parent_page or (self.instance.get_parent() if self.instance.path else None)
        if "slug" in values and not values["slug"]:
            name = next((values[key] for code in self.offered() if values.get(key := f"heading_{code}")), self.instance.title)
            values["slug"] = self.instance.slug or free_slug(name, above, self.instance)
        slug = values.get("slug") or ""
        if slug and is_front_page(above) and slug in reserved_slugs():
            self.add_error("slug", _("“%(slug)s” is an address of the site itself. Choose another.") % {"slug": slug})
        for name, value in list(values.items()):
            if name.startswith("body_") and value:
                for fault in self.faults_of(value, name.removeprefix("body_")):
                    self.add_error(name, fault)
        return values

    def faults_of(self, body: Any, lang: str) -> Iterable[str]:
        """What in the blocks is not this municipality's to show, in words."""
        from portal.pages.lists import what_is_unknown

        for block, value in parts(body):
            if value is None or value == "":
                continue
            if isinstance(block, QuestionBlock) and self.municipality is not None:
                yield from what_is_unknown(value, self.municipality, lang)
            elif isinstance(value, RichText):
                if leads_to_others(value.source, municipality_id=self.for_tenant, user=self.for_user, before=self.texts_before()):
                    yield str(
                        _("A link in the text leads to something that is gone or belongs to another municipality. Remove it.")
                    )
            elif not self.may_show(value):
                # Without its name, which may not be public.
                yield str(_("Something chosen here belongs to another municipality. Choose one of your own."))

    def may_show(self, value: Any) -> bool:
        """Whether what was chosen in a block is this municipality's."""
        if isinstance(value, Page):
            return self.may_show_page(value)
        if isinstance(value, Image):
            return self.may_show_file(value, image_policy)
        if isinstance(value, Document):
            return self.may_show_file(value, document_policy)
        return not isinstance(value, Model) or not tenant_path(type(value)) or tenant_id(value) == self.for_tenant

    def may_show_page(self, page: Page) -> bool:
        """Whether a page is of the same municipality, and the user's to choose."""
        return may_lead_to(page, self.for_tenant, self.for_user)

    def may_show_file(self, file: Any, policy: Any) -> bool:
        """Whether the user may choose a picture or document, or it stood on the page before."""
        if may_choose(file, policy, self.for_user):
            return True
        return any(
            value == file
            for name in self.fields
            if name.startswith("body_")
            for _block, value in parts(self.initial_body(name))
            if isinstance(value, type(file))
        )

    def texts_before(self) -> list[str]:
        """The formatted texts that stood on the page before this form."""
        if not hasattr(self, "_texts_before"):
            self._texts_before = [
                value.source
                for name in self.fields
                if name.startswith("body_")
                for _block, value in parts(self.initial_body(name))
                if isinstance(value, RichText)
            ]
        return self._texts_before

    def initial_body(self, name: str) -> Any:
        """The blocks as they were before this form."""
        if not self.instance.pk:
            return None
        if not hasattr(self, "_before"):
            self._before = type(self.instance)._default_manager.filter(pk=self.instance.pk).first()
        return getattr(self._before, name, None)


# ── what a text or a block may lead to ──────────────────────────────────────────────────────────────────────


def may_lead_to(page: Page, municipality_id: int | None, user: Any) -> bool:
    """Whether a page is of this municipality, and the user's to choose. Without a user: of this municipality."""
    owner = municipality_of_page(page)
    if owner is None or owner.pk != municipality_id:
        return False
    return user is None or user.is_superuser or Page.objects.filter(own_pages(user), pk=page.pk).exists()


def may_choose(file: Any, policy: Any, user: Any) -> bool:
    """Whether a picture or document is the user's to choose."""
    return user is None or policy.user_has_permission_for_instance(user, "choose", file)


def leads_to_others(html: str, *, municipality_id: int | None, user: Any, before: Iterable[str] = ()) -> bool:
    """Whether a formatted text leads to a page, document or picture that is not this municipality's, or not the user's to choose.

    `before`: the texts that stood there until now. A file they led to may stay, and so may a link to what has gone since.
    """
    asked = _targets(html)
    known = {target for text in before for target in _targets(text)} if asked else set()
    for model, key in asked:
        row = next(iter(model._default_manager.filter(pk__in=row_ids([key]))), None)
        if (model, key) in known and not isinstance(row, Page):
            continue
        if row is None or not (
            may_lead_to(row, municipality_id, user) if isinstance(row, Page) else may_choose(row, FILES[model], user)
        ):
            return True
    return False


def _targets(html: str) -> set[tuple[Any, str]]:
    """(model, key) of everything that a formatted text leads to or shows."""
    try:
        return {(model, str(key)) for model, key, _path, _content in extract_references_from_rich_text(html)}
    except KeyError:  # a link of such a kind without a key leads nowhere; it is not ours to keep
        return {(Page, "")}
