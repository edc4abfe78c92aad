from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "portal.pages"
    label = "pages"

    def ready(self) -> None:
        from django.db.models.signals import post_delete
        from wagtail.models import Page
        from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

        from portal.pages.navigation import page_changed
        from portal.pages.redirects import page_moved, slug_changed

        for signal in (page_published, page_unpublished, post_page_move):
            signal.connect(page_changed, dispatch_uid="menus-follow-pages")
        post_delete.connect(page_changed, sender=Page, dispatch_uid="menus-follow-pages")
        page_slug_changed.connect(slug_changed, dispatch_uid="old-addresses-of-pages")
        post_page_move.connect(page_moved, dispatch_uid="old-addresses-of-pages")
