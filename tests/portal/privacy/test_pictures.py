"""A picture that no page shows any more goes after a month; one that is shown, waits or is the staff's own stays."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as Pillow
from wagtail.images.models import Image

from directory.municipalities.models import Municipality
from portal.desk.editing.pictures import keep_picture
from portal.privacy.pictures import erase_unused_pictures
from tests.factories.directory import ProviderFactory, default_municipality

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def here(settings: Any, tmp_path: Path) -> Municipality:
    settings.MEDIA_ROOT = str(tmp_path)
    return default_municipality()


def drawn() -> ContentFile[bytes]:
    out = BytesIO()
    Pillow.new("RGB", (60, 40), "#c9502a").save(out, "JPEG")
    return ContentFile(out.getvalue(), name="IMG_1.jpg")


def picture(here: Municipality, days: int = 40) -> Image:
    image = keep_picture(file=drawn(), name="bilde", municipality=here, by=None)
    Image.objects.filter(pk=image.pk).update(created_at=NOW - timedelta(days=days))
    return image


def test_only_what_nobody_needs_goes_and_its_file_with_it(here: Municipality, django_capture_on_commit_callbacks: Any) -> None:
    shown, waits, drafted, forgotten, unused, fresh = (picture(here, days) for days in (40, 40, 40, 40, 40, 20))
    own = Image(title="staff", file=ContentFile(drawn().read(), name="sommer.jpg"), width=60, height=40)
    own.save()
    Image.objects.filter(pk=own.pk).update(created_at=NOW - timedelta(days=400))
    page = ProviderFactory(municipality=here, image=shown)
    for image in (forgotten, drafted):  # the older of two drafts is history
        draft = page.get_latest_revision_as_object() if page.latest_revision else page
        draft.image = image
        draft.save_revision()
    other = ProviderFactory(municipality=here)
    other.image = waits
    other.save_revision()
    path = unused.file.path

    with django_capture_on_commit_callbacks(execute=True):
        assert erase_unused_pictures(NOW) == 2
    assert erase_unused_pictures(NOW) == 0

    left = set(Image.objects.values_list("pk", flat=True))
    assert left == {shown.pk, waits.pk, drafted.pk, fresh.pk, own.pk}
    assert not Path(path).exists()
