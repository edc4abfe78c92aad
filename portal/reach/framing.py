"""Results on other sites: `/embed/` in a frame, and the page that gives the code for it.

The frame is the one page that anybody may show inside their own; so it has no form, no staff link and keeps nothing.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt

from portal.reach.hits import asked, hits
from portal.templatetags.front import BUILD, manifest

SHOWN = 12
HEIGHT = 640  # of a frame whose page runs no script of ours


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def embed(request: HttpRequest) -> HttpResponse:
    """The first hits of a question, to be shown in a frame on any site."""
    question = asked(request)
    answer = hits(question, SHOWN)
    context = {
        "query": question.query,
        "heading": question.heading,
        "heading_parts": question.heading_parts,
        "cards": answer.cards,
        "total": answer.total,
        "more": answer.total - len(answer.cards),
        "find_href": question.query.without("page").address(reverse("find")),
    }
    response = render(request, "reach/embed.html", context)
    response["Cache-Control"] = "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@csp_update({"frame-src": ["'self'"]})
def embed_code(request: HttpRequest) -> HttpResponse:
    """What to copy to show a list on one's own site. The address in it is made from the question as understood."""
    question = asked(request)
    query = question.query.without("page")
    path = query.address(reverse("embed"))
    context: dict[str, Any] = {
        "query": question.query,
        "notices": question.notices,
        "heading": question.heading,
        "heading_parts": question.heading_parts,
        "embed_path": path,
        "code": code_for(request, path, question.heading or _("Find something to do")),
        "height": HEIGHT,
        "back_href": query.address(reverse("find")),
        "canonical_params": query.to_params(),
    }
    response = render(request, "reach/embed_code.html", context)
    response["Cache-Control"] = "no-cache"
    return response


def code_for(request: HttpRequest, path: str, title: str) -> str:
    """The two lines to copy."""
    lines = (
        '<iframe data-frittfram src="{}" title="{}" width="100%" height="{}" loading="lazy"></iframe>\n'
        '<script async src="{}"></script>'
    )
    address, script = request.build_absolute_uri(path), request.build_absolute_uri(reverse("embed-script"))
    # A plain text: on the page it is shown, not run.
    return str.__str__(format_html(lines, address, title, HEIGHT, script))


def embed_script(request: HttpRequest) -> HttpResponse:
    """The script for the other site: it gives the frame the height of what is in it. Its address stays the same."""
    if settings.DEBUG:
        manifest.cache_clear()
    response = HttpResponse((BUILD / manifest()["embed.js"]).read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=86400"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response
