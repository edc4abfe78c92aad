"""Reading such a file into an installation where the municipality does not exist: whole, or not at all.

1. look      the file is what its list says, every model and column is known, number, name and host are free
2. place     every model's rows get a run of ids that nobody has, so that each pointer is known before its row is written
3. write     pages, what a municipality is set up with, everything else; files; then the index
4. check     the database finds every pointer satisfied; else all of it is undone, files too
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.temp import NamedTemporaryFile
from django.db import DatabaseError, connection, transaction
from django.db.models import F, FileField, Max, Model, TextChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Collection, Page, ReferenceIndex, Site
from wagtail.search.index import insert_or_update_object

from cards.offers.models import Offer
from directory.listings.models import BATCH, Listing, tell
from directory.municipalities.actions import set_up_municipality
from directory.municipalities.models import Municipality, StaffRole
from directory.municipalities.tenancy import has_field
from portal.accounts.models import User
from portal.kit.refusals import Refused, refuse_if
from portal.leaving import scope as scopes
from portal.leaving.archive import Reader
from portal.leaving.archive import Why as WhyFile
from portal.leaving.references import BY_KIND, has_texts, model_of_kind, pairs_of, renamed
from portal.leaving.scope import base_of, has_numbers, label_of
from portal.leaving.values import NUMBER, OWN, bare_columns, columns, row_of_word, target_of, tree_columns, typed, way_of
from portal.leaving.writing import PRIVATE_FILES, entry_name

Told = Callable[[str], None]
AT_A_TIME = 300
MARGIN = 1000  # ids left free between what is there and what comes, for who writes at this moment


class Why(TextChoices):
    """Why a municipality is not read in."""

    EXISTS = "exists", _("There is a municipality %(number)s here already. Nothing was read.")
    NUMBER = "number", _("“%(number)s” is no municipality number: it has four digits.")
    SLUG = "slug", _("Another municipality here is called “%(slug)s” in addresses. Nothing was read.")
    HOST = "host", _("Another site here answers at %(host)s. Name another with --host. Nothing was read.")
    MODEL = "model", _("The file holds rows of “%(name)s”, which this version does not know. Nothing was read.")
    COLUMN = "column", _("The file has a column “%(column)s” in “%(name)s” that this version does not know. Nothing was read.")
    NO_SITE = "no-site", _("The file holds no front page, so that there is nothing to answer with. Nothing was read.")
    ROWS = "rows", _("The rows of the file do not fit together: %(fault)s. Nothing was read.")
    ENDING = "ending", _("“%(name)s” may not be kept here: files that end in .%(ending)s are refused. Nothing was read.")


@dataclass(slots=True)
class Imported:
    """What was read."""

    municipality: Municipality | None = None
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    known_people: list[str] = field(default_factory=list)  # who had an account here already
    notes: list[str] = field(default_factory=list)


class _NotKept(Exception):
    """Undoes a dry run."""


def import_municipality(
    path: Path, *, as_number: str = "", host: str = "", dry_run: bool = False, told: Told = lambda line: None
) -> Imported:
    """Read the file. Raises Refused, and leaves nothing behind, where anything is wrong."""
    with Reader(path) as reader:
        reader.check()
        landing = Landing(reader, as_number=as_number, host=host, told=told)
        landing.look()
        try:
            with transaction.atomic():
                landing.write()
                if dry_run:
                    raise _NotKept
        except _NotKept:
            landing.remove_files()
        except (DatabaseError, ValidationError) as error:
            landing.remove_files()
            fault = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise Refused(Why.ROWS, fault=fault[:300]) from error
        except BaseException:
            landing.remove_files()
            raise
    return landing.done


class Landing:
    """One file on its way in."""

    def __init__(self, reader: Reader, *, as_number: str, host: str, told: Told) -> None:
        facts = reader.manifest
        self.reader, self.told = reader, told
        self.number = as_number or str(facts.get("number", ""))
        self.host, _colon, port = (host or f"{facts.get('host', '')}:{facts.get('port', 443)}").partition(":")
        self.port = int(port) if port.isdecimal() else settings.SITE_PORT
        self.done = Imported()
        self.models: list[type[Model]] = []
        self.start: dict[type[Model], int] = {}
        self.placed: dict[tuple[type[Model], int], int] = {}
        self.words: dict[Any, Any] = {}
        self.own: dict[str, int | None] = {}
        self.roots: dict[type[Model], Any] = {}
        self.stored: list[Callable[[], None]] = []
        self.municipality: Any = None

    # ── 1. look ─────────────────────────────────────────────────────────────────────────────────────────────
    def look(self) -> None:
        """Refuse what cannot be read, before anything is written."""
        refuse_if(None if len(self.number) == 4 and self.number.isdecimal() else Why.NUMBER, number=self.number[:20])
        refuse_if(Why.EXISTS if Municipality.objects.filter(number=self.number).exists() else None, number=self.number)
        slug = str(self.reader.manifest.get("slug", ""))
        refuse_if(Why.SLUG if Municipality.objects.filter(slug=slug).exists() else None, slug=slug)
        taken = Site.objects.filter(hostname=self.host, port=self.port, municipality__isnull=False).exists()
        refuse_if(Why.HOST if taken else None, host=f"{self.host}:{self.port}")
        known = {f"rows/{label_of(model).lower()}.jsonl": model for model in scopes.taken()}
        for name in self.reader.files:
            if name.startswith("rows/"):
                refuse_if(None if name in known else Why.MODEL, name=name.removeprefix("rows/").removesuffix(".jsonl"))
        self.models = [model for name, model in known.items() if name in self.reader.files]
        for model in self.models:
            columns_known = {one.name for one in columns(model)} | {NUMBER}
            for _line, row in self.rows(model):
                for column in row:
                    refuse_if(None if column in columns_known else Why.COLUMN, column=column[:80], name=label_of(model))
                break
        self._look_at_files()

    def _look_at_files(self) -> None:
        """Only such endings as staff may upload: others would be served to visitors as they are."""
        allowed = {
            "wagtailimages.image": set(settings.WAGTAILIMAGES_EXTENSIONS),
            "wagtaildocs.document": set(settings.WAGTAILDOCS_EXTENSIONS),
        }
        for name in self.reader.files:
            if not name.startswith("files/"):
                continue
            model, _dash, _rest = name.removeprefix("files/").partition("-")
            ending = Path(name).suffix.removeprefix(".").lower()
            if model in allowed:
                refuse_if(None if ending in allowed[model] else Why.ENDING, name=name, ending=ending)

    def rows(self, model: type[Model]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a model's file."""
        name = f"rows/{label_of(model).lower()}.jsonl"
        return self.reader.rows(name) if name in self.reader.files else iter(())

    # ── 2. place ────────────────────────────────────────────────────────────────────────────────────────────
    def place(self) -> None:
        """A run of ids for the rows of each model; people who have an account here keep theirs."""
        for model in self.models:
            if has_numbers(model):
                lines = int(self.reader.files[f"rows/{label_of(model).lower()}.jsonl"].get("lines") or 0)
                self.start[model] = reserve(model, lines)
        for _line, row in self.rows(User):
            email = str(row.get("email", "")).strip().lower()
            if found := User.objects.filter(email=email).values_list("pk", flat=True).first():
                self.placed[User, int(row[NUMBER])] = found
                self.done.known_people.append(email)

    def id_of(self, model: type[Model], number: Any) -> int | None:
        """The id here of the row with this number in the file."""
        model = base_of(model)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1 or model not in self.start:
            return None
        if number > int(self.reader.files[f"rows/{label_of(model).lower()}.jsonl"].get("lines") or 0):
            return None
        return self.placed.get((model, number), self.start[model] + number)

    # ── 3. write ────────────────────────────────────────────────────────────────────────────────────────────
    def write(self) -> None:
        """All rows, all files, the index."""
        self.place()
        with translation.override("nb"):
            self._write_pages()
            self._set_up()
            last = {label_of(model): model for model in self.models}
            for label, model in last.items():
                if issubclass(model, Page) or model is Municipality:
                    continue
                self._write(model)
                self.told(f"{label}: {self.done.rows[label]}")
        self._keep_what_is_left()
        self._give_rights()
        connection.check_constraints()
        self._index()

    def _write_pages(self) -> None:
        """The tree comes first: a site begins at a page. It hangs below the root, after whatever hangs there."""
        pages = [model for model in self.models if issubclass(model, Page)]
        root = Page.get_first_root_node()
        refuse_if(None if Page in pages and root is not None else Why.NO_SITE)
        last = root.get_last_child()
        path = last._inc_path() if last else root._get_path(root.path, root.depth + 1, 1)
        home = next(((row[NUMBER], str(row.get("slug"))) for _line, row in self.rows(Page) if row.get("path") == ""), None)
        if home is None:
            raise Refused(Why.NO_SITE)
        slug, tried = home[1], 1
        while root.get_children().filter(slug=slug).exists():
            tried += 1
            slug = f"{home[1]}-{tried}"
        self.roots[Page] = SimpleNamespace(path=path, depth=root.depth + 1, url_path=f"{root.url_path}{slug}/", slug=slug)
        for model in sorted(pages, key=lambda model: model is not Page):
            self._write(model)
            self.told(f"{label_of(model)}: {self.done.rows[label_of(model)]}")
        Page.objects.filter(pk=root.pk).update(numchild=F("numchild") + 1)
        self.home = self.id_of(Page, home[0])

    def _set_up(self) -> None:
        """The municipality with site, group, collection and workflow, as this version makes them; then its own columns."""
        number, row = next(iter(self.rows(Municipality)), (0, None))
        if row is None:
            raise Refused(Why.NO_SITE)
        facts = self.reader.manifest
        Site.objects.filter(hostname=self.host, port=self.port, municipality=None).delete()
        town = set_up_municipality(
            number=self.number,
            name=str(row["name"])[:80],
            slug=str(row["slug"])[:60],
            host=self.host,
            port=self.port,
            root=Page.objects.get(pk=self.home),
            is_default=not Site.objects.filter(municipality__isnull=False).exists(),
            languages=facts.get("languages") or ["nb"],
        )
        self.municipality = self.done.municipality = town
        self.placed[Municipality, number] = town.pk
        self.own = {
            "wagtailcore.Site": town.site_id,
            "auth.Group": town.staff_group_id,
            "wagtailcore.Workflow": town.workflow_id,
            "wagtailcore.Task": town.workflow.workflow_tasks.get().task_id,  # type: ignore[union-attr]
        }
        self.roots[Collection] = town.collection
        for _line, one in self.rows(Collection):
            if one.get("path") == "":
                self.placed[Collection, int(one[NUMBER])] = town.collection.pk  # type: ignore[union-attr]
        kept = {"site", "workflow", "collection", "staff_group", "number"}
        values = {
            one.name: typed(one, row[one.name])
            for one in columns(Municipality)
            if one.name not in kept and one.name in row and not one.is_relation
        }
        scopes.every(Municipality).filter(pk=town.pk).update(**values)
        self.done.rows[label_of(Municipality)] = 1
        town.refresh_from_db()

    def _write(self, model: type[Model]) -> None:
        label = label_of(model)
        fields = list(model._meta.local_concrete_fields)
        batch: list[Any] = []
        size = max(1, min(AT_A_TIME, connection.ops.bulk_batch_size(fields, [None] * AT_A_TIME)))
        count = 0
        for line, row in self.rows(model):
            count += 1
            try:
                made = self._made(model, fields, row)
            except (ValueError, TypeError, KeyError, ValidationError, AttributeError) as error:
                said = "; ".join(error.messages) if isinstance(error, ValidationError) else f"{type(error).__name__} {error}"
                raise Refused(WhyFile.LINE, name=f"rows/{label.lower()}.jsonl", line=line, fault=said[:200]) from error
            if made is not None:
                batch.append(made)
            if len(batch) >= size:
                insert(model, batch, fields)
                batch = []
        insert(model, batch, fields)
        self.done.rows[label] = count

    def _made(self, model: type[Model], fields: list[Any], row: dict[str, Any]) -> Any:
        """One row as the database wants it; None for one that is here already."""
        number = row.get(NUMBER)
        if (model, number) in self.placed:
            return None
        values: dict[str, Any] = {}
        if has_numbers(model):
            pk = self.id_of(model, number)
            if pk is None:
                raise ValueError(f"no number: {number}")
            values[model._meta.pk.attname] = pk  # type: ignore[union-attr]
        exported = {one.name for one in columns(model)}
        if unknown := set(row) - exported - {NUMBER}:
            raise Refused(Why.COLUMN, column=min(unknown)[:80], name=label_of(model))
        for one in fields:
            if one.attname in values:
                continue
            if one.name not in exported or one.name not in row:
                values[one.attname] = self._default(model, one)
            elif (target := target_of(one)) is not None:
                values[one.attname] = self._pointer(one, target, row[one.name])
            else:
                values[one.attname] = row[one.name]
        if has_texts(model):
            values |= renamed(model, {**values, **_kinds(row)}, self.id_of, self._drafted(row))
        for one in fields:
            if target_of(one) is None and one.name in exported and one.name in row and not one.primary_key:
                values[one.attname] = typed(one, values[one.attname])
        self._rename_pairs(model, row, values)
        if tree_columns(model):
            self._put_in_tree(model, values)
        self._put_bare(model, values)
        if label_of(model) in scopes.OF_PEOPLE and values.get("user_id") in self.placed.values() and self._is_known(row):
            return None
        if label_of(model) == "cards.Programme":
            values["slug"] = free_word(model, "slug", str(values["slug"]))
        self._take_files(model, number, values)
        return SimpleNamespace(**values)

    def _is_known(self, row: dict[str, Any]) -> bool:
        """Whether a row hangs on somebody who has an account here: what this installation knows of them stays."""
        return (User, row.get("user")) in self.placed

    def _default(self, model: type[Model], one: Any) -> Any:
        if model is User and one.name == "password":
            return make_password(None)
        return one.get_default()

    def _pointer(self, one: Any, target: type[Model], value: Any) -> Any:
        found: Any = None
        way = way_of(one, scopes.is_taken)
        if way == "word":
            found = row_of_word(one, value, self.words)
        elif way == OWN:
            found = self.own.get(label_of(target)) if value == OWN else None
        elif way == "number":
            found = self.id_of(target, value) if has_numbers(base_of(target)) else value
        if found is None and not one.null:
            raise ValueError(f"{one.name}: points at nothing")
        return found

    def _drafted(self, row: dict[str, Any]) -> type[Model] | None:
        app, _dot, name = str(row.get("content_type") or "").partition(".")
        found = ContentType.objects.filter(app_label=app, model=name).first()
        return found.model_class() if found else None

    def _rename_pairs(self, model: type[Model], row: dict[str, Any], values: dict[str, Any]) -> None:
        for column, kind in BY_KIND.get(label_of(model), {}).items():
            if row.get(column) is not None and (target := model_of_kind(str(row[kind]))):
                nothing = None if model._meta.get_field(column).null else 0  # type: ignore[union-attr]
                values[column] = self.id_of(target, row[column]) or nothing
        for column, content_type in pairs_of(model).items():
            app, _dot, name = str(row.get(content_type) or "").partition(".")
            kind_row = ContentType.objects.filter(app_label=app, model=name).first()
            target = kind_row.model_class() if kind_row else None
            text = str(row[column])
            if target is not None and text.isdecimal():
                found = self.id_of(target, int(text))
                values[column] = (str(found) if found else f"?{text}") if isinstance(row[column], str) else found or 0

    def _put_in_tree(self, model: type[Model], values: dict[str, Any]) -> None:
        root = self.roots[model]
        if not isinstance(values["path"], str) or len(values["path"]) % 4 or (not values["path"].isalnum() and values["path"]):
            raise ValueError("path")
        if model is Page and values["path"] == "":
            values["slug"] = root.slug
        values["path"] = root.path + values["path"]
        values["depth"] = len(values["path"]) // 4
        if "url_path" in values:
            values["url_path"] = root.url_path + values["url_path"]

    def _put_bare(self, model: type[Model], values: dict[str, Any]) -> None:
        """The columns that repeat a language: the municipality's first where there is one, else Norwegian."""
        first = (self.reader.manifest.get("languages") or ["nb"])[0]
        for name in bare_columns(model):
            if name not in values:
                continue
            text = values.get(f"{name}_{first}") or values.get(f"{name}_nb")
            if text is not None or model._meta.get_field(name).null:  # type: ignore[union-attr]
                values[name] = text
            else:
                values[name] = ""

    def _keep_what_is_left(self) -> None:
        """What cards have used stays with the cards: of a quantity the rest comes, and nothing of it is used."""
        less = 0
        for offer in scopes.every(Offer).filter(pk__gt=self.start[Offer], used__gt=0) if Offer in self.start else ():
            if isinstance(all_there_are := offer.approved_values.get("quantity"), int):  # what was approved is what is left, too
                values = offer.approved_values | {"quantity": max(all_there_are - offer.used, 0)}
                scopes.every(Offer).filter(pk=offer.pk).update(approved_values=values)
        for model in self.models:
            bounds = [name for name in ("quantity", "released") if has_field(model, name)]
            if label_of(model).startswith("cards.") and bounds and has_field(model, "used"):
                rows = scopes.every(model).filter(pk__gt=self.start[model], used__gt=0)
                less += rows.update(used=0, **{name: F(name) - F("used") for name in bounds})
        if less:
            self.done.notes.append(f"{less} offers, tickets and quotas came with what was left of them: the rest is used.")

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────
    def _take_files(self, model: type[Model], number: Any, values: dict[str, Any]) -> None:
        for one in model._meta.local_concrete_fields:
            if isinstance(one, FileField) and values.get(one.attname):
                entry = entry_name(model, one.name, number, str(values[one.attname]))
                values[one.attname] = self._store(one, entry, str(values[one.attname])) if self._has(entry) else ""
        if private := PRIVATE_FILES.get(label_of(model)):
            column, folder = private
            if values.get(column):
                entry = entry_name(model, column, number, values[column])
                values[column] = self._store_privately(entry, values[column], folder) if self._has(entry) else ""

    def _has(self, entry: str) -> bool:
        """Whether a file is there; one that was gone from the disk when the export was made is said to be."""
        if entry in self.reader.files:
            return True
        if entry in self.reader.manifest.get("missing_files", []):
            return False
        raise ValueError(f"no file {entry}")

    def _store(self, one: Any, entry: str, name: str) -> str:
        """Keep a file under its own name where that is free. Only the last part of a name is taken from the file."""
        folder = Path(name).parent.name if Path(name).parent.name.replace("_", "").isalnum() else ""
        with NamedTemporaryFile() as held:
            for piece in self.reader.pieces(entry):
                held.write(piece)
            held.seek(0)
            wanted = f"{folder}/{Path(name).name}" if folder else Path(name).name
            stored = default_storage.save(wanted, File(held))
        self.stored.append(lambda: default_storage.delete(stored))
        self.done.files += 1
        return str(stored)

    def _store_privately(self, entry: str, name: str, folder: str) -> str:
        place = settings.PRIVATE_ROOT / folder
        place.mkdir(parents=True, exist_ok=True)
        stem, ending, tried = Path(name).stem[:60], Path(name).suffix[:10], 1
        path = place / f"{stem}{ending}"
        while path.exists():
            tried += 1
            path = place / f"{stem}-{tried}{ending}"
        self.stored.append(lambda: path.unlink(missing_ok=True))
        with path.open("wb") as held:
            for piece in self.reader.pieces(entry):
                held.write(piece)
        self.done.files += 1
        return path.name

    def remove_files(self) -> None:
        """Take back what was stored."""
        for remove in self.stored:
            remove()
        self.stored = []

    # ── 4. what follows from the rows ───────────────────────────────────────────────────────────────────────
    def _give_rights(self) -> None:
        """Staff get the rights that this version gives to their role."""
        for role in StaffRole.objects.filter(municipality=self.municipality).select_related("user"):
            role.user.groups.add(self.municipality.staff_group)

    def _index(self) -> None:
        """Search, "usage" and the counts of translations."""
        for model in self.models:
            if issubclass(model, Listing):
                pks = list(scopes.every(model).filter(municipality=self.municipality).order_by("pk").values_list("pk", flat=True))
                for start in range(0, len(pks), BATCH):
                    tell(model, pks[start : start + BATCH])
                for row in model.objects.filter(municipality=self.municipality).exclude(image=None).iterator(chunk_size=200):
                    ReferenceIndex.create_or_update_for_object(row)
        for page in Page.objects.filter(path__startswith=self.roots[Page].path).specific().iterator():
            ReferenceIndex.create_or_update_for_object(page)
            insert_or_update_object(page)
        for model in (Image, Document):
            if model in self.start:
                for row in model.objects.filter(pk__gt=self.start[model]).iterator():
                    insert_or_update_object(row)


def _kinds(row: dict[str, Any]) -> dict[str, Any]:
    return {"kind": row["kind"]} if "kind" in row else {}


def free_word(model: type[Model], column: str, wanted: str) -> str:
    """A word that nobody has here; the wanted one if it is free."""
    word, tried = wanted, 1
    while scopes.every(model).filter(**{column: word}).exists():
        tried += 1
        word = f"{wanted[:50]}-{tried}"
    return word


def insert(model: type[Model], rows: list[Any], fields: list[Any]) -> None:
    """Write rows as they are: no defaults, no stamps of time, no signals."""
    if rows:
        scopes.every(model)._insert(rows, fields=fields, raw=True, using=connection.alias)  # type: ignore[attr-defined]


def reserve(model: type[Model], count: int) -> int:
    """Set `count` ids aside that nobody has or will be given; the first is the returned one plus one."""
    pk = model._meta.pk
    top = scopes.every(model).aggregate(top=Max("pk"))["top"] or 0
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            # Ids of rows that are gone are not given out again: a log may still name them.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
            found = cursor.fetchone()
        return max(top, found[0] if found else 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{model._meta.db_table}"', pk.column])  # type: ignore[union-attr]
        sequence = cursor.fetchone()[0]
        if sequence is None:
            return int(top) + MARGIN
        cursor.execute("SELECT nextval(%s)", [sequence])
        start = max(int(top), int(cursor.fetchone()[0])) + MARGIN
        cursor.execute("SELECT setval(%s, %s)", [sequence, start + count + 1])
    return start
