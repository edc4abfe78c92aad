"""The site for gunicorn: `gunicorn portal.wsgi`."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal.catalogues import compile_missing

compile_missing()
# A page that is kept needs a processor for a moment only: it does not wait five milliseconds, each time, for one that is made.
sys.setswitchinterval(0.0005)
application = get_wsgi_application()
