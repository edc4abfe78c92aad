"""What the front page shows."""

from typing import Any

from django.http import HttpRequest


def home_context(request: HttpRequest, page: Any) -> dict[str, Any]:
    return {}
