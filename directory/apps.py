from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = _("directory")

    def ready(self) -> None:
        from directory.listings import changes
        from directory.municipalities.actions import renew_rights
        from directory.proposals import emails

        changes.connect(self)
        emails.connect()
        # With auth's own signal: by then the rights of every app of ours have been made.
        post_migrate.connect(renew_rights, sender=apps.get_app_config("auth"), dispatch_uid="directory.renew_rights")
