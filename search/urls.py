"""Pages of the search, below the language prefix."""

from django.urls import path

from search.views import results

urlpatterns = [path("find/", results, name="find")]
