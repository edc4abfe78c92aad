"""Which documents hold a word: FTS5 on SQLite, tsvector with GIN on PostgreSQL. Nothing a reader typed reaches their syntax:
only quoted tokens of our own analysis, joined by our own OR.

On SQLite the postings are an external-content table kept by triggers, because Debian 12's SQLite has no contentless delete.
"""

from collections.abc import Sequence

import numpy as np
from django.db import connection
from pyroaring import BitMap

_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS search_postings USING fts5(
        title_tokens, body_tokens, content='search_searchdoc', content_rowid='seq',
        detail='column', columnsize=0, prefix='2 3', tokenize="ascii tokenchars '_'")""",
    """CREATE TRIGGER IF NOT EXISTS search_postings_insert AFTER INSERT ON search_searchdoc BEGIN
        INSERT INTO search_postings(rowid, title_tokens, body_tokens) VALUES (new.seq, new.title_tokens, new.body_tokens);
    END""",
    """CREATE TRIGGER IF NOT EXISTS search_postings_delete AFTER DELETE ON search_searchdoc BEGIN
        INSERT INTO search_postings(search_postings, rowid, title_tokens, body_tokens)
        VALUES ('delete', old.seq, old.title_tokens, old.body_tokens);
    END""",
    """CREATE TRIGGER IF NOT EXISTS search_postings_update AFTER UPDATE ON search_searchdoc BEGIN
        INSERT INTO search_postings(search_postings, rowid, title_tokens, body_tokens)
        VALUES ('delete', old.seq, old.title_tokens, old.body_tokens);
        INSERT INTO search_postings(rowid, title_tokens, body_tokens) VALUES (new.seq, new.title_tokens, new.body_tokens);
    END""",
)
_POSTGRES = (
    """ALTER TABLE search_searchdoc ADD COLUMN IF NOT EXISTS title_vector tsvector
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(title_tokens, ' '))) STORED""",
    """ALTER TABLE search_searchdoc ADD COLUMN IF NOT EXISTS all_vector tsvector
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(trim(title_tokens || ' ' || body_tokens), ' '))) STORED""",
    "CREATE INDEX IF NOT EXISTS search_doc_title ON search_searchdoc USING gin (title_vector)",
    "CREATE INDEX IF NOT EXISTS search_doc_all ON search_searchdoc USING gin (all_vector)",
)


def ensure_storage() -> None:
    """Make what Django's migrations cannot describe. Harmless to repeat; runs after every migrate."""
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRES:
            cursor.execute(statement)


def read(exact: Sequence[str], prefixes: Sequence[str], *, title: bool, above: int = 0) -> BitMap:
    """Numbers of the documents that hold any of the tokens, or a token with any of the beginnings, in their title or anywhere."""
    if not exact and not prefixes:
        return BitMap()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            either = " OR ".join([_fts(token) for token in exact] + [_fts(token) + " *" for token in prefixes])
            match = f"title_tokens : ({either})" if title else either
            cursor.execute(
                "SELECT group_concat(rowid) FROM search_postings WHERE search_postings MATCH %s AND rowid > %s", [match, above]
            )
            found = cursor.fetchone()[0]
            return BitMap(np.fromstring(found, dtype=np.uint32, sep=",")) if found else BitMap()
        either = " | ".join([_ts(token) for token in exact] + [_ts(token) + ":*" for token in prefixes])
        column = "title_vector" if title else "all_vector"
        cursor.execute(
            f"SELECT array_agg(seq) FROM search_searchdoc WHERE {column} @@ %s::tsquery AND seq > %s",  # noqa: S608 - one of our own two names
            [either, above],
        )
        return BitMap(cursor.fetchone()[0] or ())


def _fts(token: str) -> str:
    return '"' + token.replace('"', "") + '"'


def _ts(token: str) -> str:
    return "'" + token.replace("'", "").replace("\\", "") + "'"
