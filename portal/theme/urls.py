"""`/theme/`: the stylesheets of the municipalities."""

from django.urls import re_path

from portal.theme.views import theme

urlpatterns = [re_path(r"^theme/(?P<slug>[-\w]+)-(?P<digest>[0-9a-f]{12})\.css$", theme, name="theme")]
