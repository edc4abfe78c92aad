# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""What a heading means, however it is written, in Norwegian and English.

    recognise(headers, given) → {column index: Field}

A `Field` is one of FIELDS, with a language where the text is translated ("Navn (arabisk)", "Name EN", "description_sv").
Certain ways are tried before likely ones: the exact word, the parts around "/" and brackets, then a spelling mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from directory.sources.spreadsheets.problems import Unreadable
from directory.sources.spreadsheets.values.prices import PERIODS
from directory.sources.spreadsheets.words import compact, fold

# field → how people head it. Written as words; compared without spaces, accents, case and punctuation.
FIELDS: dict[str, str] = {
    # who
    "name": "navn, namn, name, tittel, title, benevnelse, betegnelse, oppføring, listing, navn på oppføring, hva heter det, oppføringens navn, nimi",
    "provider_name": "tilbyder, forening, lag, lag og forening, lag forening, foreningens navn, foreningsnavn, navn på forening, navn på lag, navn på lag forening,"
    " organisasjon, organisasjonsnavn, organisasjonens navn, navn på organisasjon, arrangør, klubb, klubbnavn, idrettslag, provider, provider name, organisation, organization,"
    " organisation name, organization name, association, association name, club, club name, organiser, organizer, aktør, virksomhet, virksomhetsnavn, foretaksnavn, navn på tilbyder, tilbydernavn, host, foreining, namn på lag, lagets navn, klubbens navn, laget, klubben, lagnavn, navn på lag og forening, navn på klubb, navn på klubben, navn på laget, navn på foreningen, navn på organisasjonen",
    "activity_name": "aktivitet, aktiviteter, aktivitetsnavn, aktivitetens navn, navn på aktivitet, tilbud, navn på tilbud, tilbudsnavn, tilbudets navn, activity, activity name, name of activity, activities, kurs, kursnavn, parti, gruppe, hva, what, aktivitetstilbud, navn på aktiviteten, navn på tilbudet, navn på kurs, navn på kurset, hva tilbyr dere",
    "place_name": "sted, stedsnavn, stedets navn, lokale, anlegg, anleggsnavn, møtested, møteplass, oppmøtested, oppmøteplass, hvor, arena, lokasjon, hall, place, place name, venue, venue name, meeting place, location,"
    " navn på sted, navn på lokale, navn på anlegg, where, treffsted, øvingslokale, stad, møtestad, aktivitetssted, treningssted, treningslokale, treningsarena, øvingssted, øvelokale, spillested, idrettsanlegg, arrangementssted, hvor foregår det, hvor møtes vi, hvor møtes dere, treningsstad",
    "kind": "slag, oppføringstype, type oppføring, listing type, kind, listing kind, type tilbyder, tilbydertype, provider type, provider kind, type organisasjon, organisasjonstype, type sted, stedstype, place type, place kind, type",
    # numbers
    "org_number": "organisasjonsnummer, organisasjonsnr, orgnummer, org nummer, orgnr, org nr, org number, organisation number, organization number, org no, orgnum, org, foretaksnummer, bedriftsnummer,"
    " enhetsregisternummer, brreg nummer, organisasjonsnummeret, org id, company number, registration number",
    "own_id": "id, egen id, ekstern id, external id, externalid, own id, ref, referanse, reference, nummer, nr, løpenummer, lopenr, no, number, rad id, row id, kode, source id, kilde id, service id, identifier, unique id, unik id",
    # texts
    "description": "beskrivelse, omtale, om, om oss, om foreningen, om laget, tekst, info, informasjon, presentasjon, kort om, description, about, about us, text, information, details, beskriving, omtale av tilbudet, hva gjør vi,"
    " lang beskrivelse, innhold, content, long description, fritekst, formål, aktivitet formål, body, mer informasjon, mer info, info om tilbudet, informasjon om tilbudet, om klubben, om organisasjonen, kort om foreningen, kort om laget, kort om klubben, kort om tilbudet",
    "summary": "ingress, kort beskrivelse, kortbeskrivelse, sammendrag, kort omtale, summary, short description, intro, introduksjon, stikkord, kort tekst, teaser",
    "easy": "lettlest, lett å lese, lettlest tekst, lettlest sammendrag, lettlest beskrivelse, med enkle ord, enkle ord, enkelt språk, klarspråk, lett språk, easy, easy to read, easy read, easy language, easy words, in easy words, plain language, lettlese, lett å lesa",
    "activity_description": "aktivitetsbeskrivelse, beskrivelse av aktivitet, beskrivelse av aktiviteten, om aktiviteten, om tilbudet, beskrivelse av tilbudet, beskrivelse av tilbud, activity description, about the activity",
    "place_description": "stedsbeskrivelse, beskrivelse av sted, beskrivelse av stedet, om stedet, place description, venue description",
    # what and for whom
    "category": "kategori, kategorier, category, categories, hovedkategori, underkategori, kategori nr, kategorinummer, type aktivitet, aktivitetstype, aktivitetskategori, type of activity, activity type, tema, interesse, interesser, område, sektor, fagområde, idrett, gren, sort, genre, emne, emner, subject, topic, idretter, idrettsgren, idrettsgrener, aktivitetsområde, interesseområde",
    "target": "målgruppe, målgrupper, målgruppa, målgruppen, hvem, for hvem, passer for, hvem passer det for, hvem er det for, hvem kan være med, hvem kan delta, hvem kan bli med, hvem er velkommen, who can join, who can take part, target group, target groups, target, audience, for whom, who, who is it for, brukergruppe, deltakere, deltagere, deltakarar, suitable for, hvem er tilbudet for, målgr, tilbud til, passer for hvem",
    "age": "alder, aldersgruppe, aldersgrupper, aldersgrense, alderstrinn, aldersspenn, alder fra til, alder fra og til, age, ages, age group, age groups, age range, age limit, trinn, klassetrinn, årstrinn, aldersinndeling, aldersgruppa, aldersgr, alder deltakere, årskull",
    "age_from": "alder fra, fra alder, aldersgrense fra, fra og med alder, min alder, minstealder, minimumsalder, nedre aldersgrense, age from, from age, min age, minimum age, youngest, yngst, fra år, alder min, alder f o m, alder fom, nedre alder, laveste alder",
    "age_to": "alder til, til alder, til og med alder, maks alder, maksalder, maksimumsalder, øvre aldersgrense, age to, to age, max age, maximum age, oldest, eldst, til år, alder maks, alder t o m, alder tom, øvre alder, høyeste alder",
    "adapted": "tilrettelagt, tilrettelegging, tilpasset, spesielt tilrettelagt, særskilt tilrettelagt, tilrettelagt for, universell utforming, universelt utformet, uu, rullestol, rullestoltilgang, rullestoltilgjengelig, tilgjengelighet, tilrettelagt for funksjonshemmede,"
    " adapted, adaptation, adaptations, accessibility, accessible, wheelchair, wheelchair access, tilgjenge, tilpassa, tilrettelagd, rullestolvennlig, handikapvennlig, handicapvennlig, tilpasset for, tilrettelagt tilbud, tilrettelagt aktivitet",
    "languages": "språk, språk som snakkes, språka, snakker, vi snakker, languages, language, spoken languages, languages spoken, spoken, talespråk, hvilke språk, språk dere snakker, språk i gruppa, hvilke språk snakkes",
    # money
    "free": "gratis, er gratis, gratis tilbud, er det gratis, gratis ja nei, free, is free, free of charge, kostnadsfritt, kostnadsfri, gratisaktivitet, free use, er tilbudet gratis, gratis aktivitet, gratis deltakelse",
    "price": "pris, priser, kostnad, kostnader, kontingent, medlemskontingent, avgift, egenandel, medlemsavgift, treningsavgift, deltakeravgift, deltageravgift, inngang, inngangspris, pris kr, hva koster det, hva koster, koster, prisinfo, price, prices, cost, costs, fee, fees, membership fee, kontingent pr år, årskontingent, årsavgift, leie, leiepris, betaling, kurspris, billettpris, semesteravgift, kursavgift, månedspris, årspris, sesongavgift, aktivitetsavgift, påmeldingsavgift, kontingentsats, deltakerpris, timepris, kontingenter, priser og kontingent, treningskontingent, koster det noe, pris for å delta, pris for deltakelse, utgifter",
    "price_period": "prisperiode, pris per, pris pr, pris gjelder, per, price per, price period, fee period",
    # contact
    "contact_name": "kontaktperson, kontaktpersoner, kontakt, kontaktnavn, navn på kontaktperson, leder, styreleder, contact, contact person, contact name, ansvarlig, kontaktperson navn, førstekontakt navn, leiar, daglig leder, person, kontaktpersons navn, leders navn, navn leder, navn på leder, leder navn, styreleders navn, navn styreleder, kontaktpersonens navn, kontakt navn, kontaktinfo, kontaktinformasjon, kontaktopplysninger, kontaktdetaljer, contact info, contact information, contact details, kontaktinfo leder",
    "contact_role": "rolle, verv, tittel kontaktperson, stilling, role, contact role, contact title, kontaktperson rolle",
    "email": "epost, e post, epostadresse, mail, mailadresse, e mail, email, email address, kontakt epost, kontakt e post, epost kontaktperson, kontaktperson epost, kontaktperson e post, e postadresse, contact email, contact e mail, post adresse elektronisk, epost kontakt, e post kontaktperson, epost leder, e post leder, e post til kontaktperson, leders e post, styreleder e post, e post styreleder, mail kontaktperson",
    "phone": "telefon, tlf, tlf nr, tlfnr, telefonnr, telefonnummer, mobil, mobilnr, mobilnummer, mobiltelefon, phone, phone number, telephone, tel, mobile, kontakt telefon, kontakttelefon, telefon kontaktperson, kontaktperson telefon, kontaktperson tlf, contact phone, tlf mobil, mob, cell, telefon leder, tlf leder, mobil leder, mobil kontaktperson, leders telefon, styreleder telefon, telefon styreleder, mobiltlf, mobiltelefonnummer, telefon til kontaktperson, telefonnummer kontaktperson, tlf kontaktperson",
    "website": "nettside, nettsted, nettadresse, hjemmeside, hjemmesider, nettsider, web, webside, website, www, url, lenke, link, homepage, web page, webadresse, lenke til nettside, web site, internett, internettadresse, lenke nettside, nettstad, heimeside, www adresse, nettside lenke, lenke til mer informasjon, les mer, internettside, link, linker, lenker",
    "social": "facebook, facebookside, sosiale medier, some, instagram, social media, facebook side, facebook page, facebook lenke, sosiale media, sosiale medium, fb, facebook instagram, facebookgruppe, facebook url, instagram url, lenke til facebook, link til facebook, facebook adresse, facebookadresse, sosiale medier lenke, insta, facebook nettside",
    "trial": "prøveperiode, prøvetime, prøvetid, gratis prøveperiode, trial, trial period, try out, prøv gratis, prøvetrening, gratis prøvetime",
    "first_contact": "førstekontakt, første kontakt, kontakt for nye, hvordan begynne, slik blir du med, slik begynner du, hvordan bli med, påmelding, first contact, how to join, how to start, sign up, signup, registration, kom i gang, bli med, påmeldingslenke, påmelding via, hvordan melde seg på, lenke til påmelding, påmeldingsinfo",
    "volunteers": "frivillige, frivillige ønskes, ønsker frivillige, trenger frivillige, behov for frivillige, søker frivillige, volunteers, volunteers wanted, wants volunteers, looking for volunteers, frivillige søkes, frivillig, vil ha frivillige, trenger dere frivillige, trenger laget frivillige, ønsker dere frivillige",
    "equipment": "utstyr, utlån, utstyr til utlån, låne utstyr, equipment, equipment lending, gear, lending, utlånsutstyr, hva kan lånes, kan låne utstyr, utstyrslån, utlånsordning, lån av utstyr",
    # where
    "address": "adresse, gateadresse, gate, gateadresse og nr, besøksadresse, besøkadresse, besøksadr, besøkadr, veiadresse, vegadresse, forretningsadresse, postadresse, address, street address, street, visiting address, postal address, adresselinje, adresse 1, adresse1, adresselinje 1, gatenavn, gateadr, adr, vei, besøks og postadresse, adresse for oppmøte, treningsadresse, aktivitetsadresse",
    "postcode": "postnummer, postnr, post nr, postkode, post nummer, zip, zip code, zipcode, postcode, postal code, pnr, post no, postnum",
    "city": "poststed, post sted, by, sted by, tettsted, city, town, postal town, poststad, postnr sted navn, post town, postal office, kommune by",
    "postcode_city": "postnr og sted, postnummer og poststed, postnr poststed, postnr sted, postnummer poststed, postnr og poststed, postnr by, postcode and city, zip city, zip and city, postadr",
    "lat": "breddegrad, lat, latitude, bredde, lat dd, y, ykoordinat, y koordinat, nord, n, wgs84 lat, geo lat, gps lat, koordinat nord",
    "lon": "lengdegrad, lon, lng, long, longitude, lengde, x, xkoordinat, x koordinat, øst, e, ø, wgs84 lon, geo lon, gps lon, gps long, koordinat øst",
    "position": "koordinater, koordinat, posisjon, gps, gps posisjon, gps koordinater, kartposisjon, coordinates, position, lat lon, latlon, latlng, lat long, geo, geolocation, punkt, kartreferanse, kart",
    "district": "nærmiljø, bydel, område i kommunen, grend, krets, skolekrets, nærmiljøutvalg, district, neighbourhood, neighborhood, bygd, delområde, grendelag, distrikt, område bydel, nærområde, krets bydel, nærområde krets, tettsted bydel",
    "municipality": "kommunenummer, kommunenr, kommune nr, komm nr, kommune, municipality, municipality number, kommunenavn, knr",
    # when
    "season": "sesong, periode, semester, season, termin, halvår, ferie, ferieprogram",
    "weekday": "ukedag, ukedager, dag, dager, day, days, weekday, weekdays, hvilken dag, vekedag, dagar, treningsdag, treningsdager, møtedag, møtedager, øvingsdag, øvingsdager, øvelsesdag, aktivitetsdag, hvilke dager",
    "time": "tid, klokkeslett, kl, klokka, klokken, tidspunkt, time, hour, hours, clock, fra til, tid fra til, fra kl til kl, tid på døgnet, når på dagen",
    "time_from": "starttid, start, fra kl, kl fra, fra klokka, tid fra, starttidspunkt, start time, from time, time from, begynner, starts, startar, starter, klokkeslett fra, klokkeslett start, start kl, starter kl, treningsstart",
    "time_to": "sluttid, slutt, til kl, kl til, til klokka, tid til, sluttidspunkt, end time, end, to time, time to, slutter, ends, klokkeslett til, klokkeslett slutt, slutt kl, slutter kl, treningsslutt",
    "sessions": "når, tider, treningstider, treningstid, øktene, økter, dag og tid, tid og dag, dag og klokkeslett, dag og kl, dager og kl, dager og klokkeslett, kl og dag, møtetid, møtetider, timeplan, tidspunkter, when, times, schedule, sessions, training times, dager og tider, oppmøtetid, dag tid, når foregår det, når møtes vi, treningsdag og tid, treningsdager og tider, dag og klokkeslett for trening, øvingstid, øvingstider, når trener vi, når er det, treningstid og dag",
    "opening_hours": "åpningstid, åpningstider, opningstider, åpent, opening hours, opening times, open, hours open, betjent, åpningstidene",
    # where it comes from
    "source": "kilde, source, datakilde, opphav, hentet fra, data source",
    "source_date": "dato, kildedato, oppdatert, sist oppdatert, sist endret, source date, date, updated, last updated, last modified, lastmodified, endret, ajourført, pr dato, registrert",
}

#: Texts that exist in several languages, and so take a language in their heading.
TRANSLATED = {
    "name", "provider_name", "activity_name", "place_name", "description", "summary", "easy",
    "activity_description", "place_description", "first_contact", "trial", "equipment",
}  # fmt: skip

# Columns of our own report: known, and passed over when it is sent again.
OWN_COLUMNS = "importrad, importresultat, importmerknad, import row, import result, import remark, import verdict, import reason, rad i arket"
OWN = "own_report"
# The one column of our report that is read back: what staff wrote about a probable duplicate.
DECISION_COLUMNS = "importvalg, import choice, import decision, samme eller ny"
OWN_DECISION = "own_decision"

LANGUAGES: dict[str, str] = {
    "nb": "nb, no, nob, norsk, bokmål, norsk bokmål, norwegian, bokmaal, norwegian bokmal, norwegian bokmål",
    "nn": "nn, nynorsk, nno, norsk nynorsk, norwegian nynorsk",
    "se": "se, sme, samisk, nordsamisk, davvisámegiella, sami, northern sami, sámi",
    "en": "en, eng, engelsk, english, gb, uk english",
    "sv": "sv, swe, svensk, svenska, swedish",
    "fi": "fi, fin, finsk, suomi, finnish, suomeksi",
    "pl": "pl, pol, polsk, polski, polish",
    "uk": "uk, ukr, ukrainsk, ukrainian, українська, ua",
    "ar": "ar, ara, arabisk, arabic, العربية",
    "fa": "fa, per, fas, persisk, farsi, dari, persian, فارسی",
    "so": "so, som, somali, somalisk, soomaali",
    "ti": "ti, tir, tigrinja, tigrinya, tigrinsk, ትግርኛ",
    "lt": "lt, lit, litauisk, lithuanian, lietuvių",
    "ru": "ru, rus, russisk, russian, русский",
    "tr": "tr, tur, tyrkisk, turkish, türkçe",
    "ku": "ku, kur, kurdisk, kurmanji, kurmandji, kurdish, kurdî",
    "es": "es, spa, spansk, spanish, español",
    "fr": "fr, fra, fre, fransk, french, français",
    "de": "de, deu, ger, tysk, german, deutsch",
}

_WORDS: dict[str, str] = {}
for _field, _ways in FIELDS.items():
    for _way in [_field, *_ways.split(",")]:
        _WORDS.setdefault(compact(_way), _field)
for _way in OWN_COLUMNS.split(","):
    _WORDS[compact(_way)] = OWN
for _way in DECISION_COLUMNS.split(","):
    _WORDS[compact(_way)] = OWN_DECISION
_LANGUAGE_OF: dict[str, str] = {compact(w): code for code, ways in LANGUAGES.items() for w in ways.split(",")}
_LONG_WORDS = [word for word in _WORDS if len(word) >= 6]
_BRACKETS = re.compile(r"[(\[{].*?[)\]}]")
# "sportsPlaceId", "tjeneste-ID", "object_id": somebody's own id; not "tid" or "arbeid".
_ID = re.compile(r"(?<=[a-zæøå])I[Dd]$|[-_ ](?:id|ID|Id)$")
# "Pris per halvår (kr)": a price, whose heading also says what it is for.
_PERIOD = "|".join(pattern for pattern, _period in PERIODS)
_PRICE_FOR = re.compile(
    rf"^(?P<what>.+?) (?:(?:kr|nok|kroner) )?(?:(?:per|pr|i|for|a) )?(?:(?:hver|each|et|ett|en) )?(?:{_PERIOD})(?: (?:kr|nok|kroner))?$"
)
# "Pris barn/voksen", "Årlig kontingent", "Kontingent 2025/2026": a price for everybody, or of a year. "Pris barn" alone is not
# what it costs; staff say whether it is to stand for the price.
_WHOM = r"(?:barn|ungdom|unge?|voksne?|voksen|junior|senior|student|honnor|familie|medlem(?:mer)?|ikke medlem(?:mer)?)"
_PRICE_OF = re.compile(
    rf"^(?:arlig |fast )?(?P<what>.+?)(?: {_WHOM}(?: og| eller)?(?: {_WHOM})+| (?:for )?20\d\d(?: (?:20)?\d\d)?)?$"
)
# A kind of body, not its number: one letter away from a heading that is.
_NOT_LIKELY = {"organisasjonsform", "organisasjonsformer"}
# "Sist oppdatert av": who did it, not when.
_BY_WHOM = re.compile(r"\b(?:av|by|av hvem|by whom)$")
_SMALL = {"pa", "i", "in", "av", "of", "the", "the's", "for", "language", "sprak", "versjon", "version"}
# One letter or two is a heading only when it is the whole of it; "nr" or "by" inside a longer text says nothing.
_CERTAIN, _PART, _LIKELY = 3, 2, 1


@dataclass(frozen=True)
class Field:
    """What a column is: a field of FIELDS, and its language where the text is translated."""

    name: str
    language: str = ""

    @property
    def key(self) -> str:
        """As written in `--map` and kept in the mapping: "name" or "name_ar"."""
        return f"{self.name}_{self.language}" if self.language else self.name

    @classmethod
    def from_key(cls, key: str) -> Field | None:
        """The reverse of `key`; None where there is no such field."""
        key = key.strip().lower().replace("-", "_").replace(" ", "_")
        if key in FIELDS:
            return cls(key)
        name, _, language = key.rpartition("_")
        if name in TRANSLATED and language in LANGUAGES:
            return cls(name, language)
        return None


def field_of(key: str) -> Field | None:
    """The field a kept key stands for, our own report's columns included."""
    return Field(key) if key in (OWN, OWN_DECISION) else Field.from_key(key) if key else None


@lru_cache(maxsize=4096)
def meaning(heading: str) -> tuple[Field, int] | None:
    """What one heading means and how sure that is (3 exact, 2 a part of it, 1 a likely misspelling)."""
    bare, by_whom = _BY_WHOM.subn("", fold(_BRACKETS.sub(" ", heading)))
    if by_whom and (done := _meaning(bare.strip())) and done[0].name == "source_date":
        return None
    return _meaning(heading)


def _meaning(heading: str) -> tuple[Field, int] | None:
    if len(heading) > 120 or not (whole := compact(heading)):
        return None
    if field := Field.from_key(heading):
        return field, _CERTAIN
    if whole in _WORDS:
        return Field(_WORDS[whole]), _CERTAIN
    if found := _with_language(heading):
        return found, _CERTAIN
    if _ID.search(heading.strip()):
        return Field("own_id"), _LIKELY
    bare = _BRACKETS.sub(" ", heading)
    # Before the parts: in "Pris pr. halvår" the part before the full stop would be a period of its own.
    for text in (heading, bare):
        if (priced := _PRICE_FOR.match(fold(text))) and _WORDS.get(compact(priced["what"])) == "price":
            return Field("price"), _PART
    if (priced := _PRICE_OF.match(fold(heading))) and _WORDS.get(compact(priced["what"])) == "price":
        return Field("price"), _PART
    for part in (bare, *re.split(r"[/|,:;\n]| - | – |\.\s", bare), *_BRACKETS.findall(heading)):
        word = compact(part)
        if len(word) > 1 and word in _WORDS:
            return Field(_WORDS[word]), _PART
    if (
        len(whole) >= 6
        and whole not in _NOT_LIKELY
        and (close := process.extractOne(whole, _LONG_WORDS, scorer=fuzz.ratio, score_cutoff=86))
    ):
        return Field(_WORDS[close[0]]), _LIKELY
    return None


def _with_language(heading: str) -> Field | None:
    """ "Navn (arabisk)", "Arabisk navn", "Navn på engelsk", "name:fi", "description_sv", "Title EN"."""
    words = fold(heading).split()
    for at in (len(words) - 1, 0):
        if len(words) < 2 or words[at] not in _LANGUAGE_OF:
            continue
        # A code of two letters is a language only at the end: "so" and "no" are words elsewhere.
        if at == 0 and len(words[at]) < 4:
            continue
        rest = words[:at] + words[at + 1 :]
        while len(rest) > 1 and rest[-1] in _SMALL:
            rest.pop()
        name = _WORDS.get("".join(rest))
        if name in TRANSLATED:
            return Field(name, _LANGUAGE_OF[words[at]])
    return None


def score(cells: Iterable[str], expected: set[str] | None = None) -> float:
    """How much a line looks like headings: what it names, less what headings never are (numbers, long texts)."""
    fields, other, filled = set(), 0, 0
    for cell in cells:
        if not cell:
            continue
        filled += 1
        if expected and compact(cell) in expected:
            fields.add(cell)
        elif found := meaning(cell):
            fields.add(found[0].key)
        elif len(cell) > 80 or not any(c.isalpha() for c in cell):
            other += 1
    if not fields or (len(fields) == 1 and filled > 4):
        return 0
    return len(fields) - 1.5 * other


def recognise(names: list[str], given: Mapping[str, str] | None = None) -> dict[int, Field]:
    """Which column is which field. `given` is field key → heading, said by a person, and goes first.

    A field has one column: the surest heading, the leftmost of equals. The others stay unread and are kept with the row.
    """
    chosen: dict[int, Field] = {}
    taken: set[str] = set()
    refused: set[int] = set()
    for key, heading in (given or {}).items():
        index = _find(names, heading)
        if key == "-":
            refused.add(index)
            continue
        field = Field.from_key(key)
        if field is None:
            raise Unreadable("map_unknown_field", key, names=", ".join(FIELDS))
        if field.key in taken:
            raise Unreadable("map_twice", key)
        chosen[index] = field
        taken.add(field.key)
    candidates = []
    for index, name in enumerate(names):
        if index not in chosen and index not in refused and (found := meaning(name)):
            candidates.append((-found[1], index, found[0]))
    for _sureness, index, field in sorted(candidates, key=lambda c: c[:2]):
        if field.name == OWN or field.key not in taken:
            chosen[index] = field
            taken.add(field.key)
    return _settle(chosen, given or {})


def _find(names: list[str], heading: str) -> int:
    for index, name in enumerate(names):
        if name == heading:
            return index
    for index, name in enumerate(names):
        if compact(name) == compact(heading):
            return index
    raise Unreadable("map_unknown_header", heading, names=", ".join(names))


def _settle(chosen: dict[int, Field], given: Mapping[str, str]) -> dict[int, Field]:
    """Headings whose meaning depends on the others.

    "Sted" beside "Postnr" and without "Poststed" is where the post goes; "Type" without a category is one only where
    the rows say so, which `rows` sees.
    """
    by_key = {field.key: index for index, field in chosen.items()}
    place = by_key.get("place_name")
    beside_postcode = place is not None and by_key.get("postcode", -2) + 1 == place
    if place is not None and beside_postcode and "place_name" not in given and "city" not in by_key:
        chosen[place] = Field("city")
    return chosen
