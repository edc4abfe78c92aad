"""The product's settings, on a machine that must not be touched: own folder, no remote calls, work done at once."""

import os
import tempfile
from pathlib import Path

from portal.catalogues import compile_missing

compile_missing()  # before Django is set up: it keeps the catalogues it finds then
_var = Path(os.environ.get("TEST_VAR_DIR") or tempfile.mkdtemp(prefix="frittfram-test-"))
_var.chmod(0o755)
os.environ["VAR_DIR"] = str(_var)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ["SITE_URL"] = "http://127.0.0.1:8000"
os.environ["GEOCODER_URL"] = "none"
os.environ["TRANSLATE_URL"] = "none"
os.environ["EMAIL_URL"] = "memorymail://"
if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
else:
    os.environ["DATABASE_URL"] = f"sqlite:///{_var / 'unused.sqlite3'}"

from portal.settings import *  # noqa: E402, F403

TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": []}}
KEPT_SECONDS = 0  # every page a test asks for is made
STAFF_SECOND_FACTOR = False  # tests of the staff screens are about the screens; its own tests switch it on
_other = {"whitenoise.middleware.WhiteNoiseMiddleware": "tests.scanned_once.ScannedOnceMiddleware"}
MIDDLEWARE = ["tests.one_at_a_time.OneAtATimeMiddleware", *(_other.get(name, name) for name in MIDDLEWARE)]  # noqa: F405
USAGE_FLUSH_SECONDS = 0  # tests write counts when they say so
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", ".localhost", "testserver"]
