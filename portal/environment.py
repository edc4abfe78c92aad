"""Reads the settings that an installation gives through its environment.

Every problem is collected and told at once, in sentences that say what to set, so that whoever installs the
product does not find the faults one start at a time.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

ROLE = re.compile(r"\d{4}:(coordinator|editor)|agency:\d+:(worker|leader)")
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


def is_local(host: str) -> bool:
    """Whether a host name reaches this machine only (a demo or a developer's own start)."""
    return host in LOCAL_HOSTS or host.endswith(".localhost")


class Environment:
    """The environment, read once. Collects problems; `raise_problems` stops the start with all of them."""

    def __init__(self, base: Path, values: dict[str, str] | None = None) -> None:
        self.base = base
        self.values = dict(os.environ if values is None else values)
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def boolean(self, name: str) -> bool:
        value = self.text(name, "false").lower()
        if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
            self.problems.append(f"{name} is “{value}”: set it to true or false.")
        return value in {"true", "1", "yes", "on"}

    def networks(self, name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """Networks with a comma between: 10.1.0.0/16, 2001:db8::/32; a single address is a network of one."""
        found = []
        for word in filter(None, (part.strip() for part in self.text(name).split(","))):
            try:
                found.append(ipaddress.ip_network(word, strict=False))
            except ValueError:
                self.problems.append(f"{name} names “{word}”: set it to networks such as 10.1.0.0/16, with a comma between.")
        return found

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, allowed[0])
        if value not in allowed:
            self.problems.append(f"{name} is “{value}”: set it to one of {', '.join(allowed)}.")
            return allowed[0]
        return value

    def url(self, name: str, default: str = "", schemes: tuple[str, ...] = ("http", "https")) -> str:
        value = self.text(name, default)
        if value in {"", "none"}:
            return ""  # switched off
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.hostname:
            wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
            self.problems.append(f"{name} is “{value}”: set it to an address such as {wanted}.")
            return default
        return value.rstrip("/")

    def translation_service(self, name: str) -> str:
        """The address of a translation service: which kind, `+`, the address, its key. Empty: none."""
        value = self.text(name)
        if value in {"", "none"}:
            return ""
        try:
            parts = urlsplit(value)
            which, _plus, scheme = parts.scheme.partition("+")
            has_key = which == "libretranslate" or "auth_key=" in parts.query
            right = which in {"libretranslate", "deepl"} and scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number, half an IPv6 address
            right = has_key = False
        if not (right and has_key):
            # The value holds a key, and what stops a start is written to logs.
            self.problems.append(
                f"{name} cannot be read: set it to libretranslate+https://host/?api_key=… or deepl+https://host/?auth_key=…, "
                "or to none."
            )
            return ""
        return value

    def sign_in_providers(self) -> list[dict[str, Any]]:
        """The OpenID Connect providers that OIDC_PROVIDERS names, as django-allauth reads them."""
        return [app for word in self.text("OIDC_PROVIDERS").split(",") if (app := self._provider(word.strip()))]

    def _provider(self, name: str) -> dict[str, Any] | None:
        if not name:
            return None
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", name):
            self.problems.append(f"OIDC_PROVIDERS names “{name}”: use small letters, digits and hyphens, such as entra,idporten.")
            return None
        stem = f"OIDC_{name.upper().replace('-', '_')}_"
        url = self.url(f"{stem}URL")
        if url.startswith("http://") and not is_local(urlsplit(url).hostname or ""):
            self.problems.append(f"{stem}URL is not encrypted: set it to the https:// address of the issuer.")
        for part, value in (
            ("URL", url),
            ("CLIENT_ID", self.text(f"{stem}CLIENT_ID")),
            ("CLIENT_SECRET", self.text(f"{stem}CLIENT_SECRET")),
        ):
            if not value:
                self.problems.append(f"{stem}{part} is missing: OIDC_PROVIDERS names “{name}”.")
        second = []
        for pair in filter(None, self.text(f"{stem}SECOND_FACTOR").replace(" ", "").split(",")):
            claim, _equals, value = pair.partition("=")
            if claim not in {"acr", "amr"} or not value:
                self.problems.append(
                    f"{stem}SECOND_FACTOR holds “{pair}”: set it to such as amr=mfa or acr=idporten-loa-substantial."
                )
            second.append([claim, value])
        return {
            "provider_id": name,
            "name": self.text(f"{stem}LABEL", name.capitalize()),
            "client_id": self.text(f"{stem}CLIENT_ID"),
            "secret": self.text(f"{stem}CLIENT_SECRET"),
            "settings": {
                "server_url": url,
                "oauth_pkce_enabled": True,
                "scope": self.text(f"{stem}SCOPE", "openid profile email").split(),
                "auth_params": dict(parse_qsl(self.text(f"{stem}PARAMS"))),
                "groups_claim": self.text(f"{stem}GROUPS_CLAIM", "groups"),
                "second_factor": second,
            },
        }

    def sign_in_roles(self, name: str) -> dict[str, str]:
        """Which group of a provider gives which role: {"group": "3909:coordinator", "another": "agency:7:worker"}."""
        try:
            roles = json.loads(self.text(name, "{}"))
            right = isinstance(roles, dict) and all(ROLE.fullmatch(str(role)) for role in roles.values())
        except ValueError:
            right = False
        if not right:
            self.problems.append(
                f"{name} cannot be read: set it to JSON such as "
                '{"group id": "3909:coordinator", "another": "3909:editor", "a third": "agency:7:worker"}.'
            )
            return {}
        return roles

    def folder(self, name: str, default: Path) -> Path:
        folder = Path(self.text(name, str(default))).expanduser()
        folder = folder if folder.is_absolute() else self.base / folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # contacts and sessions: nobody else's on this host
        except OSError as error:
            self.problems.append(
                f"{name} is “{folder}”, which cannot be made ({error.strerror}): set it to a folder this process may write."
            )
        return folder

    def file(self, name: str, default: Path) -> Path:
        """A file that is made at first need."""
        path = Path(self.text(name, str(default))).expanduser()
        return path if path.is_absolute() else self.base / path

    def database(self, var: Path) -> dict[str, Any]:
        value = self.text("DATABASE_URL", f"sqlite:///{var / 'db.sqlite3'}")
        scheme = value.split(":", 1)[0]
        if scheme not in {"sqlite", "postgres", "postgresql"}:
            self.problems.append(
                f"DATABASE_URL starts with “{scheme}”: set it to sqlite:///path/to/file or postgresql://user:password@host/name."
            )
            value = f"sqlite:///{var / 'db.sqlite3'}"
            scheme = "sqlite"
        try:
            config = dict(environ.Env.db_url_config(value))
        except (ValueError, ImproperlyConfigured):
            self.problems.append("DATABASE_URL cannot be read: set it to postgresql://user:password@host/name.")
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        # Opening a connection takes longer than giving most pages, on SQLite too: its memory of the file begins empty.
        config["CONN_MAX_AGE"] = 600
        if scheme == "sqlite":
            config["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: what a till was told is on the disk, whatever happens to the machine.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
            }
        else:
            config["HOST"] = unquote(config["HOST"])  # a socket's folder comes percent-encoded
            config["CONN_HEALTH_CHECKS"] = True
            # Questions that are asked all the time are planned once (portal/kit/statements.py). Not behind a pooler that gives
            # each transaction another connection: DATABASE_URL=…?prepare_threshold=none
            options = {"prepare_threshold": 5} | config.get("OPTIONS", {})
            options["prepare_threshold"] = None if options["prepare_threshold"] == "none" else options["prepare_threshold"]
            config["OPTIONS"] = options
        return config

    def mail(self, site_host: str = "") -> dict[str, Any]:
        value = self.text("EMAIL_URL", "keptmail://" if is_local(site_host) else "consolemail://")
        if value == "keptmail://":  # files below VAR_DIR/mail, read at /demo/mail/ where only demo towns are loaded
            return {"EMAIL_BACKEND": "portal.accounts.mailbox.KeptMail"}
        if value.startswith("anymail+"):  # "anymail+postmark://", with the service's own settings in ANYMAIL_…
            service = value.removeprefix("anymail+").partition(":")[0]
            if service.replace("_", "").isalnum():
                return {"EMAIL_BACKEND": f"anymail.backends.{service}.EmailBackend"}
        try:
            return dict(environ.Env.email_url_config(value))
        except (ValueError, KeyError, ImproperlyConfigured):
            self.problems.append(
                "EMAIL_URL cannot be read: set it to smtp+tls://user:password@host:587, or consolemail:// to print letters."
            )
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}

    def mail_service(self) -> dict[str, str]:
        """What django-anymail needs of a mail service: every ANYMAIL_… as that service calls it."""
        found = {name.removeprefix("ANYMAIL_"): value for name, value in self.values.items() if name.startswith("ANYMAIL_")}
        if (secret := found.get("WEBHOOK_SECRET")) and (":" not in secret or len(secret) < 24):
            self.problems.append(
                "ANYMAIL_WEBHOOK_SECRET is too easy: set it to two long random texts with a colon between, and give both to the "
                "mail service."
            )
        return found

    def mailbox(self, name: str) -> str:
        """The address of the mailbox that returned letters come to. Empty: none."""
        value = self.text(name)
        if value in {"", "none"}:
            return ""
        try:
            parts = urlsplit(value)
            known = parts.scheme in {"imaps", "imap", "pop3s", "pop3"} and parts.hostname and parts.username
            right = known or (parts.scheme == "maildir" and parts.path.startswith("/"))
            parts.port  # noqa: B018 - raises where it is no number
        except ValueError:
            right = False
        if not right:
            # The value holds a password, and what stops a start is written to logs.
            self.problems.append(
                f"{name} cannot be read: set it to imaps://user:password@host/INBOX, pop3s://user:password@host or "
                "maildir:///path/to/Maildir, or to none."
            )
            return ""
        return value

    def sms_gateway(self, name: str, site_host: str) -> str:
        """Where text messages go (portal/kit/texting.py). Empty: none are sent. On this machine alone: into files."""
        value = self.text(name, "file://" if is_local(site_host) else "none")
        if value == "none":
            return ""
        try:
            parts = urlsplit(value)
            encrypted = parts.scheme == "https" or (parts.scheme == "http" and is_local(parts.hostname or ""))
            right = value == "file://" or (encrypted and parts.hostname and parts.port != 0)
        except ValueError:
            right = False
        if not right:
            # The value holds a password, and what stops a start is written to logs.
            self.problems.append(f"{name} cannot be read: set it to https://user:password@gateway/path, to file:// or to none.")
            return ""
        return value

    def secret_key(self, var: Path, site_host: str) -> str:
        """SECRET_KEY, or on this machine alone (a demo) one made once and kept under VAR_DIR/keys."""
        key = self.text("SECRET_KEY")
        if key:
            if len(key) < 32:
                self.problems.append("SECRET_KEY is shorter than 32 characters: set a long random one.")
            return key
        if not is_local(site_host):
            self.problems.append("SECRET_KEY is missing: set it to a long random text and keep it out of the repository.")
            return secrets.token_urlsafe(50)
        return key_from_file(var / "keys" / "secret-key", self.problems)

    def check_public(self, site_host: str, hosts: list[str], debug: bool) -> None:
        """What is harmless on this machine alone and must not happen on a host that others reach."""
        if "*" in hosts:
            self.problems.append("ALLOWED_HOSTS is “*”: name every host of every municipality, with a comma between.")
        if is_local(site_host):
            if public := [host for host in hosts if host != "*" and not is_local(host.lstrip("."))]:
                self.problems.append(f"SITE_URL is missing: set it to the default site's address, such as https://{public[0]}.")
            return
        if debug:
            self.problems.append("DEBUG is true on a public host: leave it out, since it shows the settings to visitors.")
        if not self.text("EMAIL_URL"):
            self.problems.append(
                "EMAIL_URL is missing: set it to smtp+tls://user:password@host:587, or to consolemail:// to print letters."
            )

    def raise_problems(self) -> None:
        """Stop the start, with every problem in one message."""
        if self.problems:
            raise ImproperlyConfigured("\n".join(["Frittfram cannot start:", *(f"  · {p}" for p in self.problems)]))


def key_from_file(path: Path, problems: list[str]) -> str:
    """The key kept in `path` (mode 0600), made at first need; safe when two processes start together."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(50))
        return path.read_text().strip()
    except OSError as error:
        problems.append(
            f"{path} cannot be written or read ({error.strerror}): set SECRET_KEY, or a VAR_DIR this process may write."
        )
        return secrets.token_urlsafe(50)
