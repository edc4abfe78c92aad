"""Addresses below the language prefix."""

from django.urls import path

from portal.reach.engines import opensearch
from portal.reach.feeds import ics, rss
from portal.reach.framing import embed, embed_code
from portal.reach.installing import offline
from portal.reach.paper import print_list, qr

urlpatterns = [
    path("find/print/", print_list, name="print-list"),
    path("find/qr.svg", qr, name="find-qr"),
    path("find/feed.rss", rss, name="feed-rss"),
    path("find/feed.ics", ics, name="feed-ics"),
    path("find/embed-code/", embed_code, name="embed-code"),
    path("embed/", embed, name="embed"),
    path("offline/", offline, name="offline"),
    path("opensearch.xml", opensearch, name="opensearch"),
]
