"""Addresses behind sign-in, below `/<language>/desk/`.

The words of rooms come first and are reserved; what belongs to one provider stands below `p/<slug>/`.
"""

from django.urls import URLPattern, URLResolver, path

from portal.desk import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.desk, name="desk"),
]
