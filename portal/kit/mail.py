"""Plain letters, sent from the queue so that no page waits for a mail server."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django_tasks import task


@task()
def deliver(*, subject: str, body: str, to: list[str]) -> None:
    """Send one letter. A failure leaves the task FAILED, and the sweep tries it again."""
    EmailMessage(subject=" ".join(subject.split()), body=body, to=to).send()


def send_letter(*, subject: str, body: str, to: list[str]) -> None:
    """Put a letter in the queue, in the caller's transaction."""
    if to:
        deliver.enqueue(subject=subject, body=body, to=to)
