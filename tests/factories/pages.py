"""Pages of the CMS for tests."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.utils import timezone
from PIL import Image as Picture
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page

from directory.activities.models import Season
from directory.listings.models import Category
from directory.municipalities.models import Municipality
from directory.support.models import SupportScheme
from portal.pages.models import (
    AccessibilityStatementPage,
    GuidePage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    PrivacyPage,
    SeasonPage,
    SectionPage,
    TextPage,
)


def home_of(municipality: Municipality) -> HomePage:
    """The front page of a municipality."""
    return HomePage.objects.get(pk=municipality.site.root_page_id)


def add(parent: Page, model: type[Any], **fields: Any) -> Any:
    """A published page below another."""
    return Page.objects.get(pk=parent.pk).specific.add_child(instance=model(**fields))


def picture(municipality: Municipality, title: str = "Bilde", size: tuple[int, int] = (60, 40)) -> Image:
    """A small picture in the municipality's own library."""
    file = io.BytesIO()
    Picture.new("RGB", size, "teal").save(file, "PNG")
    return Image.objects.create(title=title, file=ImageFile(file, name="p.png"), collection=municipality.collection)


def document(municipality: Municipality, name: str = "film.mp4", content: bytes = b"x" * 2000) -> Document:
    """A document in the municipality's own library."""
    return Document.objects.create(title=name, file=ContentFile(content, name=name), collection=municipality.collection)


def every_block(municipality: Municipality, page: Page) -> list[tuple[str, Any]]:
    """One block of each kind."""
    return [
        ("text", '<h2>Om dette</h2><p>Litt <b>tekst</b> og en <a href="https://example.org/">lenke</a>.</p><ul><li>En</li></ul>'),
        ("image", {"image": picture(municipality), "alt": "En grønn flate", "caption": "Bildetekst"}),
        ("action", {"text": "Vil du være med?", "label": "Les mer", "page": page, "address": ""}),
        ("action", {"text": "", "label": "Se alt gratis", "page": None, "address": "/find/?free=1"}),
        ("questions", {"heading": "Spørsmål", "questions": [{"question": "Hva koster det?", "answer": "<p>Ingenting.</p>"}]}),
        (
            "contact",
            {
                "name": "Servicetorget",
                "role": "Hjelper med skjema",
                "phone": "00 00 00 03",
                "email": "torget@example.org",
                "hours": "9–15",
                "where": "Rådhuset",
            },
        ),
        ("steps", {"heading": "Slik gjør du", "steps": ["Ring oss.", "Kom innom."]}),
        ("listings", {"heading": "Aktiviteter", "question": "kind=activity", "limit": "3"}),
        ("map", {"heading": "", "question": "kind=place"}),
        (
            "categories",
            {"heading": "Tema", "categories": list(Category.objects.filter(municipality=municipality, parent=None)[:2])},
        ),
        (
            "film",
            {
                "title": "En film",
                "document": document(municipality),
                "captions": document(municipality, "film.vtt", b"WEBVTT\n\n00:00.000 --> 00:02.000\nHei\n"),
                "address": "",
                "transcript": "<p>Noen sier hei.</p>",
            },
        ),
    ]


def every_page(municipality: Municipality, *, season: Season, scheme: SupportScheme, today: date | None = None) -> dict[str, Any]:
    """One page of each type, by name; Norwegian, and partly Arabic."""
    day = today or timezone.localdate()
    home = home_of(municipality)
    section = add(home, SectionPage, heading_nb="Hjelp", heading_ar="مساعدة", intro_nb="Slik får du hjelp.")
    text = add(section, TextPage, heading_nb="Om Frittfram", intro_nb="Hva dette er.", heading_ar="حول")
    text.body_nb = every_block(municipality, section)
    text.save()
    news = add(home, NewsIndexPage, heading_nb="Nyheter", heading_ar="أخبار")
    grant = add(
        news,
        NewsPage,
        heading_nb="Søk om penger",
        intro_nb="Til lag og foreninger.",
        deadline=day + timedelta(days=20),
        amount=15000,
        who_nb="Lag og foreninger",
        apply_at="https://example.org/sok",
        image=picture(municipality),
        image_alt_nb="En grønn flate",
        date=day,
        body_nb=[("text", "<p>Skriv en halv side.</p>")],
    )
    closed = add(news, NewsPage, heading_nb="Stengt", date=day - timedelta(days=40), deadline=day - timedelta(days=1))
    programme = add(section, SeasonPage, heading_nb="Vinterferien", season=season)
    guide = add(section, GuidePage, heading_nb="Slik søker du", scheme=scheme, heading_ar="كيف تطلب")
    statement = add(
        home,
        AccessibilityStatementPage,
        heading_nb="Tilgjengelighetserklæring",
        known_faults_nb="Kartet kan ikke brukes med skjermleser.\nLista sier det samme.",
        statement_url="https://uustatus.no/nb/x",
    )
    privacy = add(
        home,
        PrivacyPage,
        heading_nb="Personvern",
        heading_ar="الخصوصية",
        body_nb=[("text", "<h2>Hva vi lagrer</h2><p>Ingenting.</p>")],
        body_ar=[("text", "<h2>ماذا نحفظ</h2><p>لا شيء.</p>")],
    )
    home = home_of(municipality)  # it knows its children only when read again
    home.body_nb = [("steps", {"heading": "Slik virker det", "steps": ["Søk.", "Møt opp."]})]
    home.save()
    return {
        "section": section,
        "text page": text,
        "news": news,
        "news, grant": grant,
        "news, closed": closed,
        "holiday programme": programme,
        "guide": guide,
        "accessibility statement": statement,
        "privacy": privacy,
    }


def path_of(page: Page, lang: str) -> str:
    """The address of a page for readers of one language."""
    root = page.get_site().root_page
    return f"/{lang}/{page.url_path[len(root.url_path) :]}"
