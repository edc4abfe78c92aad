"""The engine in force: one for the whole process."""

from functools import lru_cache

from search.engines.base import Engine


@lru_cache(maxsize=1)
def get_engine() -> Engine:
    """The engine that settings choose."""
    from search.engines.embedded import EmbeddedEngine

    return EmbeddedEngine()


def engine_state() -> str:
    """For the health page: `ok`, or `degraded` when the index wants to be rebuilt."""
    return "ok" if get_engine().status().ready else "degraded"
