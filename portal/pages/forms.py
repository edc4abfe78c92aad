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

from directory.municipalities.models import Municipality
from directory.municipalities.permissions import own_pages
from directory.municipalities.tenancy import TenantForm, tenant_id, tenant_path
from portal.pages.blocks import QuestionBlock, parts
from portal.pages.owners import free_slug, is_front_page, municipality_of_page, reserved_slugs

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
            elif not self.may_show(value):
                yield _("“%(row)s” belongs to another municipality.") % {"row": value}

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
        owner = municipality_of_page(page)
        if owner is None or owner.pk != self.for_tenant:
            return False
        user = self.for_user
        return user is None or user.is_superuser or Page.objects.filter(own_pages(user), pk=page.pk).exists()

    def may_show_file(self, file: Any, policy: Any) -> bool:
        """Whether the user may choose a picture or document, or it stood on the page before."""
        if self.for_user is None or policy.user_has_permission_for_instance(self.for_user, "choose", file):
            return True
        return any(
            value == file
            for name in self.fields
            if name.startswith("body_")
            for _block, value in parts(self.initial_body(name))
            if isinstance(value, type(file))
        )

    def initial_body(self, name: str) -> Any:
        """The blocks as they were before this form."""
        if not self.instance.pk:
            return None
        if not hasattr(self, "_before"):
            self._before = type(self.instance)._default_manager.filter(pk=self.instance.pk).first()
        return getattr(self._before, name, None)
