"""Settings come from the environment; what is wrong stops the start with a sentence that says what to set."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.environment import Environment

pytestmark = pytest.mark.one_database


def environment(tmp_path, **values):
    return Environment(tmp_path, values)


@pytest.mark.parametrize(
    ("read", "values", "sentence"),
    [
        (lambda e: e.boolean("DEBUG"), {"DEBUG": "maybe"}, "DEBUG is “maybe”: set it to true or false."),
        (lambda e: e.url("SITE_URL"), {"SITE_URL": "larvik.no"}, "SITE_URL is “larvik.no”: set it to an address such as"),
        (lambda e: e.choice("SEARCH_ENGINE", ("embedded",)), {"SEARCH_ENGINE": "x"}, "set it to one of embedded."),
        (lambda e: e.database(e.base), {"DATABASE_URL": "oracle://x"}, "DATABASE_URL starts with “oracle”"),
        (
            lambda e: e.translation_service("TRANSLATE_URL"),
            {"TRANSLATE_URL": "https://x.example"},
            "TRANSLATE_URL cannot be read",
        ),
        (lambda e: e.translation_service("TRANSLATE_URL"), {"TRANSLATE_URL": "deepl+https://x.example"}, "deepl+https://host/"),
        (lambda e: e.translation_service("TRANSLATE_URL"), {"TRANSLATE_URL": "libretranslate+https://[x"}, "cannot be read"),
        (lambda e: e.translation_service("TRANSLATE_URL"), {"TRANSLATE_URL": "libretranslate+ftp://x/"}, "cannot be read"),
        (lambda e: e.mail(), {"EMAIL_URL": "pigeon://x"}, "EMAIL_URL cannot be read"),
        (lambda e: e.secret_key(e.base, "larvik.example"), {}, "SECRET_KEY is missing"),
        (lambda e: e.secret_key(e.base, "larvik.example"), {"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32"),
        (lambda e: e.folder("VAR_DIR", e.base), {"VAR_DIR": "/proc/no"}, "VAR_DIR is “/proc/no”, which cannot be made"),
    ],
)
def test_a_wrong_value_is_told_in_a_sentence(tmp_path, read, values, sentence):
    env = environment(tmp_path, **values)
    read(env)
    with pytest.raises(ImproperlyConfigured, match="Frittfram cannot start") as told:
        env.raise_problems()
    assert sentence in str(told.value)


def test_all_problems_are_told_at_once(tmp_path):
    env = environment(tmp_path, DEBUG="x", SITE_URL="y")
    env.boolean("DEBUG")
    env.url("SITE_URL")
    with pytest.raises(ImproperlyConfigured) as told:
        env.raise_problems()
    assert str(told.value).count("·") == 2


def test_the_key_of_a_demo_is_made_once_and_kept_from_others(tmp_path):
    first = environment(tmp_path).secret_key(tmp_path, "larvik.localhost")
    assert environment(tmp_path).secret_key(tmp_path, "127.0.0.1") == first
    assert len(first) > 50
    assert stat.S_IMODE((tmp_path / "keys" / "secret-key").stat().st_mode) == 0o600


def start(tmp_path, **values):
    """Start the product's settings in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", "from portal import settings; print(settings.DEBUG, settings.SECURE_SSL_REDIRECT)"],
        env={**clean, "VAR_DIR": str(tmp_path), **values},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bare_start_works_and_debug_is_off(tmp_path):
    result = start(tmp_path)
    assert (result.returncode, result.stdout.split()) == (0, ["False", "False"]), result.stderr


def test_https_follows_the_scheme_of_the_site(tmp_path):
    result = start(tmp_path, SITE_URL="https://larvik.example", SECRET_KEY="x" * 50, EMAIL_URL="consolemail://")
    assert result.stdout.split() == ["False", "True"]


def test_a_real_host_without_a_key_does_not_start(tmp_path):
    result = start(tmp_path, SITE_URL="https://larvik.example")
    assert result.returncode != 0
    assert "SECRET_KEY is missing: set it to a long random text" in result.stderr


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ALLOWED_HOSTS": "larvik.example"}, "SITE_URL is missing: set it to the default site's address"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS is “*”: name every host"),
        (
            {"SITE_URL": "https://larvik.example", "DEBUG": "true", "EMAIL_URL": "consolemail://"},
            "DEBUG is true on a public host",
        ),
        ({"SITE_URL": "https://larvik.example"}, "EMAIL_URL is missing: set it to smtp+tls://"),
    ],
)
def test_nothing_harmful_starts_on_a_public_host(tmp_path, values, sentence):
    result = start(tmp_path, SECRET_KEY="x" * 50, **values)
    assert result.returncode != 0
    assert sentence in result.stderr


def test_what_is_kept_is_nobody_elses_to_read(tmp_path):
    start(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
