"""The people who sign in. The mail address is the name."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.languages import LANGUAGES


def prove_address(user: User) -> None:
    """Write down that the user's mail address is theirs."""
    from allauth.account.models import EmailAddress

    row, _made = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    if not (row.verified and row.primary):
        EmailAddress.objects.filter(user=user).exclude(pk=row.pk).update(primary=False)
        EmailAddress.objects.filter(pk=row.pk).update(verified=True, primary=True)


class UserManager(BaseUserManager["User"]):
    """Makes users; addresses are stored in lower case, so that one person is one row."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who may sign in, by a code sent to this address. Who makes an account answers for the address."""
        if not email:
            raise ValueError("A user needs a mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Somebody who runs the installation: sees every municipality."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Anybody with a sign-in: associations' editors, frontline workers, staff."""

    email = models.EmailField(_("mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    lang = models.CharField(_("language of letters"), max_length=5, choices=LANGUAGES, blank=True, default="", db_default="")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("runs the installation"), default=False)
    is_break_glass = models.BooleanField(_("spare key, signs in with a password"), default=False, db_default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def first_name(self) -> str:
        """Wagtail's templates greet by it."""
        return self.get_short_name()

    @property
    def last_name(self) -> str:
        return ""


class How(models.TextChoices):
    """How somebody showed who they are."""

    CODE = "code", _("code by e-mail")
    PASSKEY = "passkey", _("passkey")
    PROVIDER = "provider", _("the employer's sign-in or ID-porten")
    LINK = "link", _("one-time link of the demo")
    BREAK_GLASS = "break-glass", _("spare key")
    OTHER = "other", _("another way")


class Second(models.TextChoices):
    """What was shown beside it."""

    NONE = "", _("nothing more")
    PASSKEY = "passkey", _("passkey")
    APP = "app", _("code from an app")
    RECOVERY = "recovery", _("recovery code")
    PROVIDER = "provider", _("asked for by the employer's sign-in or ID-porten")


class Result(models.TextChoices):
    """What came of a try."""

    IN = "in", _("signed in")
    WRONG = "wrong", _("wrong code")
    REFUSED = "refused", _("not let in")
    OUT = "out", _("signed out")


class SignIn(models.Model):
    """One try to sign in: who, when, how, and what came of it. Kept for a year (portal/accounts/sign_ins.py).

    No address of a network is kept, only a keyed hash that is another one every day. A try for an address that nobody has
    is counted without it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="sign_ins")
    at = models.DateTimeField(_("when"), db_index=True)
    how = models.CharField(_("how"), max_length=12, choices=How.choices)
    second = models.CharField(_("second factor"), max_length=10, choices=Second.choices, blank=True, default="")
    outcome = models.CharField(_("what came of it"), max_length=8, choices=Result.choices)
    reason = models.CharField(_("why not"), max_length=30, blank=True, default="")
    device = models.CharField(_("kind of device"), max_length=60, blank=True, default="")
    sender = models.CharField(max_length=32, blank=True, default="")  # a keyed hash of the day

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "-at"], name="sign_in_of_user")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.how} {self.outcome}"


class OpenSession(models.Model):
    """Where somebody is signed in: stands beside Django's session, so that it can be listed and ended."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="open_sessions")
    key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("last used"))
    how = models.CharField(_("how"), max_length=12, choices=How.choices, default=How.OTHER)
    device = models.CharField(_("kind of device"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("open session")
        verbose_name_plural = _("open sessions")
        ordering: ClassVar[list[str]] = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%Y-%m-%d}"


class ProvidedRole(models.Model):
    """A role that a sign-in provider gave, by a group there; it goes when the group goes (portal/accounts/provided.py)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="provided_roles")
    provider = models.CharField(max_length=60)
    what = models.CharField(max_length=60)  # "3909:coordinator", "agency:7:worker"
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("role given by a sign-in provider")
        verbose_name_plural = _("roles given by a sign-in provider")
        constraints = [models.UniqueConstraint(fields=["user", "what"], name="provided_role_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.what}"


class LimitUse(models.Model):
    """That a try was used up: of codes asked for, of codes tried, of codes spent (portal/accounts/limits.py)."""

    key = models.CharField(max_length=100, unique=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key.split(":")[0]
