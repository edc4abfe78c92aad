"""`/healthz`: can pages be served?"""

from __future__ import annotations

from datetime import timedelta

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from cards.ledger.keys import is_lost


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served, else 503; `degraded` when something behind them sleeps."""
    checks: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = "ok"
    except Error:
        checks["database"] = "down"
    if checks["database"] == "ok":
        checks["search"] = search_state()
        checks["queue"] = queue_state()
        checks["cards"] = card_key_state()
    status = "down" if "down" in checks.values() else "degraded" if set(checks.values()) != {"ok"} else "ok"
    return JsonResponse(
        {"status": status, "checks": checks}, status=503 if status == "down" else 200, headers={"Cache-Control": "no-store"}
    )


def search_state() -> str:
    """Whether the index answers."""
    from search.engines import engine_state

    try:
        return engine_state()
    except Error:
        return "degraded"


def queue_state() -> str:
    """`degraded` when a task has been waiting for more than ten minutes past its time: nobody works."""
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    late = timezone.now() - timedelta(minutes=10)
    try:
        waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, enqueued_at__lt=late).exclude(run_after__gt=late)
        return "degraded" if waiting.exists() else "ok"
    except Error:
        return "degraded"


def card_key_state() -> str:
    """`degraded` when cards have been handed out and the file with their key is missing."""
    try:
        return "degraded" if is_lost() else "ok"
    except Error:
        return "degraded"
