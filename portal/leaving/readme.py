"""What is in the file, for whoever opens it without this program: a page to read, and the columns one by one."""

from __future__ import annotations

from typing import Any

from django.db.models import FileField, Model
from django.utils import translation

from directory.municipalities.models import Municipality
from portal.leaving import scope as scopes
from portal.leaving.references import BY_KIND, pairs_of
from portal.leaving.scope import has_numbers, label_of
from portal.leaving.values import NUMBER, columns, target_of, way_of

TEXT = """# {name} ({number})

Alt som {name} har lagt inn i Frittfram, i åpne formater. Everything {name} has put into Frittfram, in open formats.

**Fila inneholder personopplysninger** (brukere, kontaktpersoner, logg). Oppbevar den deretter.
**This file holds personal data** (users, contact persons, the log). Keep it accordingly.

## Hva som er her · What is here

| | |
|---|---|
| `rows/<model>.jsonl` | én rad per linje, JSON, UTF-8 · one row a line, JSON, UTF-8 |
| `sheets/*.csv` | oppføringene som regneark: tilbydere, steder, aktiviteter, støtteordninger · the listings as sheets |
| `sheets/card-statements.csv` | avregninger av aktivitetskort med tilbyderne · what was settled with providers |
| `sheets/card-joint-*.csv` | eget i kortordninger som en annen kommune har ansvar for · own numbers in others' programmes |
| `files/<model>-<column>-<number>.*` | bilder, dokumenter og innsendte regneark · pictures, documents and sheets sent in |
| `schema.json` | hver kolonne i hver fil: type, hva den viser til · every column of every file: type, what it points at |
| `manifest.json` | alle filer med størrelse og SHA-256 · all files with size and SHA-256 |

## Hvordan radene leses · How to read the rows

- `"#"` er radens nummer i sin fil. En kolonne som viser til en annen rad, har nummeret til den raden (se `schema.json`).
  `"#"` is the row's number in its file. A column that points at another row holds that row's number (see `schema.json`).
- `"own"` er det hver kommune har én av: nettsted, gruppe, arbeidsflyt. `"own"` is what each municipality has one of.
- Tekster har en kolonne per språk: `name_nb`, `name_en`. Texts have one column for each language.
- Klokkeslett er UTC, ISO 8601. Moments are UTC, ISO 8601.
- Nummer, sider og kategorier inne i tekster (`body_nb`, `content`) er nummer i disse filene.
  Numbers inside texts (`body_nb`, `content`) are numbers in these files.
- `"?123"` er noe som var slettet da fila ble laget. `"?123"` is something that was gone when the file was made.

## Historikk · History

`rows/wagtailcore.revision.jsonl`: hver lagret utgave. Every saved version.
`rows/directory.tenantlogentry.jsonl`, `rows/wagtailcore.pagelogentry.jsonl`: hvem gjorde hva. Who did what.

## Hva som ikke er her · What is not here

Passord, innloggingsnøkler og økter er hemmeligheter og blir igjen. Passwords, sign-in keys and sessions are secrets and stay.

Kortordninger som en annen kommune har ansvar for, blir hos den. Egne instansers kvoter og utdelte kort, egne tilbud og billetter,
summer og endringer i dem står i arkene `sheets/card-joint-*.csv`. De leses ikke inn igjen: ta vare på fila.
Card programmes that another municipality looks after stay with it. The quotas of one's own agencies and the cards they handed
out, one's own offers and tickets, sums, and what was changed in them, are the sheets `sheets/card-joint-*.csv`. They are not read
back: keep the file.

{left_out}

## Lese inn igjen · Reading it back

`manage.py import_municipality FILE.zip --dry-run`, så uten `--dry-run` · then without `--dry-run`

## Rader · Rows

| | |
|---|---:|
{rows}
"""


def readme(municipality: Municipality, rows: dict[str, int]) -> str:
    """The page to read."""
    return TEXT.format(
        name=municipality.name,
        number=municipality.number,
        left_out="\n".join(f"- `{label}`: {why}" for label, why in sorted(scopes.LEFT_OUT.items())),
        rows="\n".join(f"| `{label.lower()}` | {count} |" for label, count in sorted(rows.items())),
    )


def schema(models: list[type[Model]]) -> dict[str, Any]:
    """Every column of every file."""
    with translation.override("en"):
        return {label_of(model).lower(): _schema(model) for model in models}


def _schema(model: type[Model]) -> dict[str, Any]:
    found: dict[str, Any] = {NUMBER: {"type": "number of the row"}} if has_numbers(model) else {}
    for field in columns(model):
        facts: dict[str, Any] = {"type": field.get_internal_type(), "what": str(field.verbose_name)}
        if field.null:
            facts["null"] = True
        if isinstance(field, FileField):
            facts["file"] = f"files/{label_of(model).lower()}-{field.name}-<number>"
        if (target := target_of(field)) is not None:
            facts["points_at"] = label_of(target).lower()
            facts["by"] = way_of(field, scopes.is_taken) or "not exported"
        if field.choices:
            facts["values"] = {str(value): str(label) for value, label in field.flatchoices if value not in ("", None)}
        found[field.name] = facts
    for column, word in {**BY_KIND.get(label_of(model), {}), **pairs_of(model)}.items():
        found[column]["points_at"] = f"the model named in “{word}”"
    return {"name": str(model._meta.verbose_name), "columns": found}
