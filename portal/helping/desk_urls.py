"""The one address of the desk that ends helping."""

from django.urls import path

from portal.helping.views import end_helping

urlpatterns = [path("helping/end/", end_helping, name="helping-end")]
