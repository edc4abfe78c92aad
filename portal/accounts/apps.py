from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Django and django-allauth tell by signals that somebody came in; rows of roles are deleted in many rooms, and by
        cascade, so that only their signals tell of all of it."""
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in, user_logged_out
        from django.db.models.signals import post_delete, post_save

        from directory.agencies.models import AgencyRole
        from directory.municipalities.models import StaffRole
        from directory.providers.models import Membership
        from portal.accounts import openid, second_factor, sessions, sign_ins
        from portal.accounts.models import User

        user_logged_in.connect(sessions.begin, dispatch_uid="sessions.begin")
        user_logged_in.connect(sign_ins.note_sign_in, dispatch_uid="sign_ins.note")
        user_logged_in.connect(openid.came_another_way, dispatch_uid="openid.another_way")
        user_logged_out.connect(sessions.leave, dispatch_uid="sessions.leave")
        authenticator_added.connect(second_factor.was_set_up, dispatch_uid="second_factor.set_up")
        for model in (StaffRole, Membership, AgencyRole):
            post_delete.connect(sessions.role_taken_away, sender=model, dispatch_uid=f"sessions.{model.__name__}")
        post_save.connect(sessions.was_saved, sender=User, dispatch_uid="sessions.was_saved")
