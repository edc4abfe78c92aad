"""What the project promises of its own code."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import resolve, reverse
from modeltranslation.translator import translator

BASE = Path(__file__).resolve().parents[2]
CODE = [
    p
    for folder in ("portal", "directory", "cards", "search", "tests")
    for p in sorted((BASE / folder).rglob("*.py"))
    if "node_modules" not in p.parts
]

pytestmark = pytest.mark.one_database


def translated_names() -> dict[str, set[str]]:
    """Model name → its translated fields."""
    return {
        model.__name__: set(translator.get_options_for_model(model).get_field_names())
        for model in translator.get_registered_models()
    }


def bare_keywords(source: str, fields: dict[str, set[str]]) -> list[str]:
    """Calls such as `Provider(name=…)` or `Provider.objects.create(name=…)`, which write the active language only."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        model = name.split(".")[0].removesuffix("Factory")
        deed = name.rsplit(".", 1)[-1]
        if model in fields and (
            deed in {"create", "get_or_create", "update_or_create", "update"} or name in {model, f"{model}Factory"}
        ):
            found += [f"{node.lineno}: {model}({k.arg}=…)" for k in node.keywords if k.arg in fields[model]]
    return found


def test_translated_fields_are_written_by_their_language_column():
    fields = translated_names()
    assert bare_keywords("Provider(name='x')\nActivity.objects.create(summary='y')", fields) == [
        "1: Provider(name=…)",
        "2: Activity(summary=…)",
    ]
    faults = [
        f"{path.relative_to(BASE)}:{fault}" for path in CODE for fault in bare_keywords(path.read_text(encoding="utf-8"), fields)
    ]
    assert [f for f in faults if "test_conventions" not in f] == []


def test_nothing_refers_to_a_machine_or_to_what_is_not_in_the_repository():
    files = subprocess.run(["git", "ls-files"], cwd=BASE, capture_output=True, text=True, check=True).stdout.split("\n")
    pattern = re.compile(r"(^|[^\w.-])/(work|root)/|\.\./shared|registry\.npmjs|pypi\.org|files\.pythonhosted")
    faults = []
    for name in files:
        path = BASE / name
        if (
            path.suffix in {".py", ".md", ".html", ".js", ".mjs", ".css", ".toml", ".json", ".lock", ".po", ".txt", ""}
            and path.is_file()
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            if name != "tests/conventions/test_conventions.py" and (hit := pattern.search(text)):
                faults.append(f"{name}: {hit.group(0)}")
    assert faults == []


def test_every_setting_that_is_read_stands_in_the_readme():
    code = (BASE / "portal/settings.py").read_text() + (BASE / "portal/environment.py").read_text()
    names = set(re.findall(r'(?:env|self)\.(?:text|boolean|choice|url|folder|file)\(\s*"([A-Z_]+)"', code))
    assert {"SITE_URL", "DATABASE_URL", "VAR_DIR"} <= names
    readme = (BASE / "README.md").read_text()
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []


@pytest.mark.parametrize(
    ("name", "args", "path"),
    [
        ("find", [], "/nb/find/"),
        ("provider", ["x"], "/nb/providers/x/"),
        ("place", ["x"], "/nb/places/x/"),
        ("activity", ["x"], "/nb/activities/x/"),
        ("support", ["x"], "/nb/support/x/"),
        ("district", ["x"], "/nb/districts/x/"),
        ("till", [], "/nb/till/"),
        ("printed-card", [], "/k"),
        ("wallet", [], "/w"),
        ("healthz", [], "/healthz"),
    ],
)
def test_addresses_are_as_designed(name, args, path):
    assert reverse(name, args=args) == path


@pytest.mark.parametrize(
    "path",
    [
        "/cms/",
        "/api/v1/search",
        "/api/v1/points",
        "/api/v1/listings/activity/x",
        "/api/v1/openapi.json",
        "/api/v1/till/redeem",
        "/api/v1/till/undo",
        "/api/v1/till/offers",
        "/nb/support/",
    ],
)
def test_designed_addresses_are_there(path):
    assert resolve(path)


def test_every_model_of_ours_belongs_to_a_room():
    for label in ("directory", "cards", "search"):
        for model in apps.get_app_config(label).get_models():
            assert model.__module__.startswith(label), model
