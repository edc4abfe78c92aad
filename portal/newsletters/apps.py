from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    name = "portal.newsletters"
    label = "newsletters"

    def ready(self) -> None:
        """Listen to what a mail service tells."""
        from portal.newsletters import webhooks  # noqa: F401
