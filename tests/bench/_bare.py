"""A Django that does nothing: what the figures are measured against."""

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("", nothing)]
if not settings.configured:
    settings.configure(SECRET_KEY="bare", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], LOGGING_CONFIG=None)
application: Any = get_wsgi_application()
