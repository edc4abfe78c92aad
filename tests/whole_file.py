"""What is made once for all tests of a file, because making it takes longer than they do.

What a test changes is rolled back as ever; what stands here is rolled back after the file's last test. The tests of such a
file must all want it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.one_at_a_time import nobody_inside


@contextmanager
def rows_for_a_file(django_db_blocker: Any) -> Iterator[None]:
    """Rows written inside stay until the block ends. For fixtures of scope "module", beside `django_db_setup`."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # type: ignore[attr-defined]
        around.__enter__()
        try:
            yield
        finally:
            with nobody_inside():
                transaction.set_rollback(True)
                around.__exit__(None, None, None)
