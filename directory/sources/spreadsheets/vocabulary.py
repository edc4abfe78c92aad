# ruff: noqa: E501  (tables of words and cases read better on one line each)
"""The municipality's own lists as cells may name them, with the words people use for them everywhere.

The groups below teach a list words it may lack: a group whose first words name a row of the municipality's list gives
that row the others. A municipality that edits its categories keeps its own meaning: its own words always go first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from directory.sources.spreadsheets.values.choices import Choices
from directory.sources.spreadsheets.words import fold

# heads (names the row may have) : words that mean it
CATEGORY_WORDS: tuple[tuple[str, str], ...] = (
    ("kunst og kultur, kultur, arts and culture, culture", "kultur, kunst, musikk, kor, korps, teater, dans, sang, foto, film, litteratur, historie, historielag, husflid, arts, music, choir, band, theatre, drama, revy, museum, art, literature"),
    ("idrett og fysisk aktivitet, idrett, sport and physical activity, sport", "idrett, idrettslag, sport, sports, fotball, håndball, turn, svømming, ski, friidrett, trening, kampsport, sykkel, ishockey, basketball, volleyball, tennis, golf, allidrett, fysisk aktivitet, football, soccer, handball, gymnastics, swimming, fitness, physical activity, bordtennis, badminton, ridning, dansesport, skøyter"),
    ("natur og friluftsliv, friluftsliv, nature and outdoor life, outdoor", "friluftsliv, natur, turlag, tur, jakt, fiske, jakt og fiske, jeger og fisk, speider, båt, padling, klatring, hage, outdoor, outdoors, nature, hiking, scouts, scouting, birds, seiling, orientering, miljøvern"),
    ("tro og livssynsorganisasjoner, tro og livssyn, faith and belief organisations, faith", "tro, livssyn, tro og livssyn, menighet, kirke, trossamfunn, religion, kristen, islam, moské, faith, belief, church, mosque, congregation, religious, humanetisk"),
    ("interesseorganisasjoner, interest organisations", "interesseorganisasjon, interesseforening, pasientforening, pasientorganisasjon, politikk, politisk parti, fagforening, brukerorganisasjon, advocacy, interest group, politics, union, hobby, dyr, hund, hest"),
    ("humanitære og ideelle organisasjoner, humanitære organisasjoner, humanitarian and non profit organisations", "humanitær, humanitært, ideell, veldedig, sanitetsforening, røde kors, hjelpeorganisasjon, beredskap, helse og sosial, humanitarian, charity, non profit, relief"),
    ("innvandrerorganisasjoner, immigrant organisations", "innvandrer, innvandrere, integrering, inkludering, flyktning, flerkulturell, språkkafé, minoritet, immigrant, immigrants, integration, refugee, refugees, multicultural"),
    ("rekreasjon og sosiale foreninger, recreation and social associations, recreation", "rekreasjon, sosialt, sosial, sosial forening, pensjonistforening, seniorforening, eldreforening, bygdekvinnelag, bridge, sjakk, quilting, strikking, social, recreation, seniors, gaming, spill"),
    ("frivilligsentraler velforeninger og åpne møteplasser, frivilligsentraler, volunteer centres residents associations and open meeting places", "frivilligsentral, velforening, vel, grendelag, møteplass, åpen møteplass, nærmiljø, nærmiljøutvalg, bydelshus, samfunnshus, volunteer centre, community centre, neighbourhood, meeting place, meeting places, vellag"),
    ("private og kommunale aktører som har aktivitet, private og kommunale aktører, private and municipal providers of activities", "privat, kommunal, kommune, kommunalt, privat aktør, bedrift, kommersiell, kulturskole, fritidsklubb, bibliotek, commercial, municipal, private, public service, kommunal tjeneste, municipal service"),
)  # fmt: skip
TARGET_WORDS: tuple[tuple[str, str], ...] = (
    ("småbarn, små barn, toddlers, barnehagebarn", "småbarn, babyer, spedbarn, førskolebarn, toddlers, babies, små barn, barnehagebarn, preschool"),
    ("barn, children", "barn, kids, children, child, barneskole, barnetrinn, skolebarn, unger"),
    ("ungdom, unge, young people, youth", "ungdom, ungdommer, unge, tenåringer, youth, young people, teenagers, ungdomsskole, videregående, ungdomstrinn"),
    ("voksne, adults", "voksne, voksen, adults, adult"),
    ("eldre, seniorer, senior, older people, seniors", "eldre, senior, seniorer, pensjonister, pensjonist, elderly, seniors, older people, 60 pluss, godt voksne"),
    ("familier, familie, families, barnefamilier", "familie, familier, barnefamilier, family, families, foreldre og barn"),
    ("alle, everyone, everybody", "alle, for alle, everyone, everybody, all, åpent for alle"),
    ("kvinner, jenter, women, girls", "kvinner, jenter, women, girls, damer"),
    ("menn, gutter, men, boys", "menn, gutter, men, boys, herrer"),
    ("innvandrere, flyktninger, nye i norge, newcomers, immigrants", "innvandrere, flyktninger, flyktning, asylsøkere, nyankomne, nye i norge, immigrants, refugees, newcomers, minoritetsspråklige"),
    ("funksjonsnedsettelse, personer med funksjonsnedsettelse, people with disabilities", "funksjonsnedsettelse, funksjonsnedsettelser, funksjonshemmede, utviklingshemmede, nedsatt funksjonsevne, disabled, disability, people with disabilities, personer med funksjonsnedsettelse"),
)  # fmt: skip
ADAPTATION_WORDS: tuple[tuple[str, str], ...] = (
    ("rullestol, rullestoltilgjengelig, trinnfritt, trinnfri inngang, step free, wheelchair", "rullestol, rullestolbruker, rullestolbrukere, rullestoltilgang, rullestoltilgjengelig, trinnfritt, trinnfri, heis, rampe, wheelchair, wheelchair access, wheelchair accessible, step free, tilgjengelig for rullestol"),
    ("teleslynge, hearing loop", "teleslynge, høreslynge, hørselshemmede, hørsel, nedsatt hørsel, hearing loop, hearing"),
    ("tegnspråk, sign language", "tegnspråk, tegnspråktolk, døve, sign language, deaf"),
    ("syn, synshemmede, ledelinjer, visual impairment", "synshemmede, blinde, svaksynte, nedsatt syn, ledelinjer, ledelinje, blind, visual impairment"),
    ("hc toalett, handikaptoalett, accessible toilet, tilgjengelig toalett", "hc toalett, handikaptoalett, hc wc, tilgjengelig toalett, accessible toilet"),
    ("ledsager, ledsager velkommen, companion", "ledsager, ledsagerbevis, følge, støttekontakt, companion"),
)  # fmt: skip


@dataclass
class Vocabulary:
    """Everything a row's words are read against. Plain values: nothing here asks the database."""

    categories: Choices = field(default_factory=Choices)
    targets: Choices = field(default_factory=Choices)
    adaptations: Choices = field(default_factory=Choices)
    districts: Choices = field(default_factory=Choices)
    seasons: Choices = field(default_factory=Choices)
    municipality_number: str = ""
    municipality_name: str = ""
    centre: tuple[float, float] | None = None
    language: str = "nb"


def teach(choices: Choices, groups: Iterable[tuple[str, str]], names: Mapping[int, Iterable[str]]) -> None:
    """Give each row of a list the words of the group that names it. Call it after the list's own words are in."""
    by_name = {_key(name): pk for pk, own in names.items() for name in own if name}
    for heads, words in groups:
        for head in heads.split(","):
            if (pk := by_name.get(_key(head))) is not None:
                choices.add(pk, words.split(","))
                break


def _key(text: str) -> str:
    return " ".join(w for w in fold(text).split() if w not in ("og", "and"))
