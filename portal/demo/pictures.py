"""Pictures of the demo town, drawn by this file: flat scenes in a few palettes, and logos. Nothing is committed but code.

Canvas      a sheet with the shapes that scenes are made of, in a 1200 × 800 system, drawn double and shrunk
SCENES      name → Scene(draw, alt); a scene is drawn once per palette it suits
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1200, 800
SCALE = 1.5

Colour = str


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that go together: sky above and below, three grounds from far to near, walls, accents, ink."""

    sky: tuple[Colour, Colour]
    grounds: tuple[Colour, Colour, Colour]
    walls: tuple[Colour, Colour]
    accents: tuple[Colour, Colour, Colour, Colour]
    ink: Colour
    light: Colour


MORNING = Palette(
    ("#cfe8ef", "#fdf1dc"),
    ("#9cc5b4", "#5f9e8c", "#2f6f68"),
    ("#f6e3c5", "#d9694a"),
    ("#e4572e", "#f2b134", "#17626b", "#f7c9b6"),
    "#1f3a45",
    "#fff8e7",
)
EVENING = Palette(
    ("#f7b58c", "#fbe3c0"),
    ("#b78aa0", "#7b5d86", "#45406b"),
    ("#fbead2", "#b5485d"),
    ("#f26b5b", "#ffcf56", "#3c5b88", "#f4a6a0"),
    "#2d2747",
    "#fff3dc",
)
SEASIDE = Palette(
    ("#bfe3f2", "#eef8f4"),
    ("#8fc1d6", "#4c8fb0", "#23587c"),
    ("#fdf6e6", "#c8553d"),
    ("#ef6f53", "#f6c453", "#1f6f78", "#a9d6c9"),
    "#16364d",
    "#ffffff",
)
MEADOW = Palette(
    ("#d8efe0", "#fbf7dd"),
    ("#b4d69a", "#7db46c", "#3f7d4e"),
    ("#fff4d9", "#9c4f3f"),
    ("#d95d39", "#f0a202", "#2b5f75", "#f3cfc6"),
    "#22402f",
    "#fffbe9",
)
FROST = Palette(
    ("#c7d9ef", "#f5f7fb"),
    ("#e3ecf6", "#cfdded", "#ffffff"),
    ("#f3e9dc", "#a8444c"),
    ("#d8433b", "#f2b134", "#2a5d8f", "#9fc3dd"),
    "#1d2f4d",
    "#ffffff",
)
SKINS = ("#f2c9a4", "#8d5a3c", "#d9a066", "#5c3a28", "#f6d7bd", "#b9784f")


class Canvas:
    """A sheet to draw on."""

    def __init__(self, palette: Palette, seed: str, width: int = WIDTH, height: int = HEIGHT, *, clear: bool = False) -> None:
        self.p = palette
        self.chance = Random(seed)
        self.size = (int(width * SCALE), int(height * SCALE))
        self.image = Image.new("RGBA", self.size, (255, 255, 255, 0)) if clear else Image.new("RGB", self.size, palette.light)
        self.draw = ImageDraw.Draw(self.image)

    def _at(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * SCALE, y * SCALE) for x, y in points]

    def sky(self, to: float = HEIGHT) -> None:
        """A soft gradient from the top."""
        top, bottom = (numpy.array(_rgb(c), dtype=float) for c in self.p.sky)
        rows = int(to * SCALE)
        share = numpy.linspace(0, 1, rows)[:, None]
        column = (top * (1 - share) + bottom * share).astype(numpy.uint8)
        sheet = numpy.repeat(column[:, None, :], self.size[0], axis=1)
        self.image.paste(Image.fromarray(sheet), (0, 0))

    def disc(self, x: float, y: float, r: float, colour: Colour, ry: float = 0) -> None:
        ry = ry or r
        self.draw.ellipse(self._at((x - r, y - ry), (x + r, y + ry)), fill=colour)

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, r: float = 0) -> None:
        self.draw.rounded_rectangle(self._at((x, y), (x + w, y + h)), radius=r * SCALE, fill=colour)

    def shape(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        self.draw.polygon(self._at(*points), fill=colour)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        self.draw.line(self._at(*points), fill=colour, width=round(width * SCALE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def ring(self, x: float, y: float, r: float, colour: Colour, width: float) -> None:
        self.draw.ellipse(self._at((x - r, y - r), (x + r, y + r)), outline=colour, width=round(width * SCALE))

    def arc(self, x: float, y: float, r: float, start: float, end: float, colour: Colour, width: float) -> None:
        self.draw.arc(self._at((x - r, y - r), (x + r, y + r)), start, end, fill=colour, width=round(width * SCALE))

    def hill(self, y: float, height: float, colour: Colour, waves: float, shift: float) -> None:
        """A soft ridge across the sheet."""
        points = [
            (x, y - height * (0.5 + 0.5 * math.sin(shift + waves * x / WIDTH * math.tau))) for x in range(0, WIDTH + 21, 20)
        ]
        self.shape([(0, HEIGHT), *points, (WIDTH, HEIGHT)], colour)

    def sun(self, x: float, y: float, r: float = 70) -> None:
        self.disc(x, y, r, self.p.accents[1])

    def cloud(self, x: float, y: float, s: float = 1) -> None:
        for dx, dy, r in ((0, 0, 34), (38, -14, 42), (84, -2, 36), (120, 6, 24)):
            self.disc(x + dx * s, y + dy * s, r * s, self.p.light)
        self.box(x - 20 * s, y + 2 * s, 150 * s, 32 * s, self.p.light, 16 * s)

    def fir(self, x: float, y: float, h: float, colour: Colour) -> None:
        self.box(x - h * 0.035, y - h * 0.15, h * 0.07, h * 0.15, self.p.ink)
        for k in range(3):
            top, w = y - h + k * h * 0.24, h * (0.17 + 0.07 * k)
            self.shape([(x, top), (x - w, top + h * 0.38), (x + w, top + h * 0.38)], colour)

    def tree(self, x: float, y: float, h: float, colour: Colour) -> None:
        self.box(x - h * 0.04, y - h * 0.5, h * 0.08, h * 0.5, self.p.ink, 4)
        self.disc(x, y - h * 0.68, h * 0.3, colour)
        self.disc(x - h * 0.2, y - h * 0.52, h * 0.2, colour)
        self.disc(x + h * 0.2, y - h * 0.54, h * 0.21, colour)

    def house(self, x: float, y: float, w: float, h: float, wall: Colour, roof: Colour, rows: int = 1) -> None:
        """A gabled house standing on y."""
        self.box(x, y - h, w, h, wall)
        self.shape([(x - w * 0.07, y - h), (x + w / 2, y - h - w * 0.42), (x + w * 1.07, y - h)], roof)
        n = 3 if w > 170 else 2
        for row in range(rows):
            for k in range(n):
                wx = x + w * (k + 0.5) / n - w * 0.08
                self.box(wx, y - h + 18 + row * h / rows, w * 0.16, h / rows * 0.42, self.p.light, 3)
        self.box(x + w * 0.42, y - h * 0.34 / rows - 8, w * 0.16, h * 0.34 / rows + 8, self.p.ink, 4)

    def person(
        self, x: float, y: float, h: float, shirt: Colour, *, arms: str = "down", skin: Colour = "", hair: Colour = ""
    ) -> None:
        """A round little person standing on y. `arms`: down, up, out, left, right, none."""
        skin = skin or self.chance.choice(SKINS)
        hair = hair or self.chance.choice((self.p.ink, "#6b3e26", "#c98b3c", self.p.accents[2], "#3a2a20"))
        r, w = h * 0.13, h * 0.3
        for side in (-1, 1):
            self.line([(x + side * w * 0.22, y - h * 0.3), (x + side * w * 0.22, y - h * 0.02)], self.p.ink, h * 0.075)
        shoulder = y - h * 0.62
        reach = {"down": (0.3, 0.32), "up": (0.34, -0.3), "out": (0.52, 0.0)}
        for side in (-1, 1):
            pose = arms
            if arms in ("left", "right"):
                pose = "up" if (arms == "left") == (side < 0) else "down"
            if pose in reach:
                dx, dy = reach[pose]
                self.line([(x + side * w * 0.36, shoulder), (x + side * h * dx, shoulder + h * dy)], shirt, h * 0.075)
                self.disc(x + side * h * dx, shoulder + h * dy, h * 0.042, skin)
        self.box(x - w / 2, y - h * 0.7, w, h * 0.46, shirt, w * 0.42)
        self.disc(x, y - h * 0.84, r * 1.12, hair)
        self.disc(x, y - h * 0.815, r, skin)

    def group(self, y: float, h: float, spots: Sequence[float], arms: Sequence[str] = ("down",)) -> None:
        for n, x in enumerate(spots):
            size = h * self.chance.uniform(0.86, 1.06)
            self.person(x, y, size, self.p.accents[n % 4], arms=arms[n % len(arms)], skin=SKINS[(n * 2 + int(h)) % len(SKINS)])

    def floor(self, y: float, colour: Colour) -> None:
        self.box(0, y, WIDTH, HEIGHT - y, colour)

    def jpeg(self) -> bytes:
        small = self.image.resize((int(self.size[0] / SCALE), int(self.size[1] / SCALE)), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=84, progressive=True)
        return out.getvalue()

    def png(self) -> bytes:
        small = self.image.resize((int(self.size[0] / SCALE), int(self.size[1] / SCALE)), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "PNG", compress_level=6)
        return out.getvalue()


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


# ── scenes ──────────────────────────────────────────────────────────────────────────────────────────────────
def forest(c: Canvas) -> None:
    c.sky()
    c.sun(930, 170)
    c.cloud(180, 150, 1.2)
    c.hill(520, 160, c.p.grounds[0], 1.2, 0.4)
    for n in range(15):
        c.fir(
            30 + n * 84 + c.chance.uniform(-16, 16), 560 + c.chance.uniform(-12, 18), c.chance.uniform(150, 250), c.p.grounds[1]
        )
    c.hill(640, 60, c.p.grounds[1], 0.8, 2.2)
    c.hill(790, 110, c.p.grounds[2], 0.6, 0.2)
    c.shape([(520, 800), (690, 800), (640, 640), (700, 585), (684, 580), (600, 645)], c.p.walls[0])
    c.fir(110, 770, 420, c.p.grounds[2])
    c.fir(1100, 790, 480, c.p.grounds[2])
    c.group(738, 175, (470, 570, 660), ("down", "right", "down"))


def hall(c: Canvas) -> None:
    c.floor(0, c.p.walls[0])
    for n in range(6):
        c.box(40 + n * 196, 70, 150, 190, c.p.sky[0], 10)
        c.box(40 + n * 196 + 71, 70, 8, 190, c.p.light)
    c.box(0, 330, WIDTH, 22, c.p.accents[2])
    c.floor(520, c.p.accents[1])
    c.shape([(0, 520), (1200, 520), (1200, 800), (0, 800)], c.p.sky[1] if c.p is not MORNING else "#eec27f")
    c.line([(0, 640), (1200, 640)], c.p.light, 9)
    c.ring(600, 660, 150, c.p.light, 9)
    c.box(990, 140, 150, 110, c.p.light, 8)
    c.ring(1065, 262, 40, c.p.accents[0], 9)
    c.line([(1065, 300), (1065, 520)], c.p.ink, 10)
    c.group(730, 250, (250, 480, 760), ("up", "out", "left"))
    c.disc(610, 380, 46, c.p.accents[0])
    c.arc(610, 380, 46, 20, 160, c.p.ink, 5)
    c.line([(566, 380), (654, 380)], c.p.ink, 5)


def field(c: Canvas) -> None:
    c.sky()
    c.cloud(820, 130, 1.3)
    c.cloud(220, 210, 0.8)
    c.hill(480, 110, c.p.grounds[0], 1.5, 1.2)
    for x in (70, 190, 1010, 1140):
        c.tree(x, 500, 190, c.p.grounds[1])
    c.floor(480, c.p.grounds[1])
    for n in range(0, 8, 2):
        c.shape([(n * 150 - 100, 800), (n * 150 + 70, 800), (n * 110 + 250, 480), (n * 110 + 140, 480)], c.p.grounds[0])
    c.line([(420, 480), (420, 330), (780, 330), (780, 480)], c.p.light, 11)
    for n in range(1, 9):
        c.line([(420 + n * 40, 336), (420 + n * 40, 480)], c.p.light, 2)
    for n in range(1, 4):
        c.line([(424, 330 + n * 38), (776, 330 + n * 38)], c.p.light, 2)
    c.group(735, 235, (230, 520, 900), ("out", "up", "down"))
    c.disc(680, 705, 38, c.p.light)
    c.disc(680, 705, 13, c.p.ink)
    for a in range(5):
        c.disc(680 + 31 * math.cos(a * 1.257), 705 + 31 * math.sin(a * 1.257), 7, c.p.ink)


def pool(c: Canvas) -> None:
    c.floor(0, c.p.light)
    c.box(0, 0, WIDTH, 300, c.p.sky[0])
    for n in range(5):
        c.box(60 + n * 230, 50, 180, 180, c.p.sky[1], 90)
    c.box(0, 290, WIDTH, 26, c.p.accents[3])
    c.floor(400, "#3f9fc0" if c.p is not EVENING else "#4d86b8")
    for k in range(5):
        y = 440 + k * 80
        c.line([(x, y + 9 * math.sin(x / 46 + k)) for x in range(-10, 1220, 12)], "#8ccbe0", 7)
    for k, y in enumerate((520, 660)):
        for n in range(30):
            c.disc(20 + n * 42, y, 12, c.p.accents[(n // 2 + k) % 2 * 3 if n % 2 else 0])
    for x, y, cap in ((300, 600, 0), (620, 470, 1), (880, 590, 2)):
        c.disc(x, y, 42, SKINS[(x // 100) % 6])
        c.draw.pieslice(c._at((x - 46, y - 50), (x + 46, y + 40)), 180, 360, fill=c.p.accents[cap])
        c.disc(x + 95, y + 20, 20, SKINS[(x // 100) % 6], 11)
    c.box(120, 330, 16, 150, c.p.ink, 8)
    c.box(190, 330, 16, 150, c.p.ink, 8)
    c.ring(1040, 700, 62, c.p.accents[0], 30)
    for a in (0, 90, 180, 270):
        c.arc(1040, 700, 62, a, a + 40, c.p.light, 30)


def house(c: Canvas) -> None:
    c.sky()
    c.sun(200, 170, 60)
    c.cloud(900, 140)
    c.hill(540, 120, c.p.grounds[0], 1, 0)
    c.floor(600, c.p.grounds[1])
    c.house(90, 620, 190, 150, c.p.accents[3], c.p.ink)
    c.house(360, 640, 460, 240, c.p.walls[1], c.p.ink)
    c.box(545, 470, 90, 170, c.p.light, 6)
    c.box(590, 470, 4, 170, c.p.ink)
    c.house(900, 620, 210, 180, c.p.walls[0], c.p.accents[2])
    c.shape([(520, 640), (660, 640), (780, 800), (380, 800)], c.p.walls[0])
    c.box(380, 395, 420, 12, c.p.accents[1])
    for n in range(12):
        c.shape([(384 + n * 35, 407), (414 + n * 35, 407), (399 + n * 35, 437)], c.p.accents[n % 4])
    c.group(752, 180, (330, 460, 760, 870), ("right", "down", "up", "down"))


def library(c: Canvas) -> None:
    c.floor(0, c.p.walls[0])
    colours = (*c.p.accents, c.p.grounds[1], c.p.walls[1], c.p.ink)
    for shelf in range(3):
        y = 90 + shelf * 150
        c.box(60, y + 118, 1080, 14, c.p.ink, 4)
        x = 76.0
        while x < 1110:
            w, h = c.chance.uniform(18, 40), c.chance.uniform(66, 112)
            if c.chance.random() < 0.12:
                x += 50
                continue
            c.box(x, y + 118 - h, w - 4, h, c.chance.choice(colours), 3)
            x += w
    c.floor(600, c.p.accents[3])
    c.disc(600, 720, 420, c.p.accents[1], 70)
    c.group(725, 220, (380, 600, 820), ("down", "none", "down"))
    for n, x in enumerate((380, 600, 820)):
        c.shape([(x - 62, 588), (x, 602), (x + 62, 588), (x + 62, 642), (x, 656), (x - 62, 642)], c.p.light)
        c.line([(x, 602), (x, 656)], colours[n], 4)


def school(c: Canvas) -> None:
    c.sky()
    c.cloud(150, 120, 1.1)
    c.hill(520, 80, c.p.grounds[0], 1.3, 1)
    c.floor(600, c.p.grounds[1])
    c.box(180, 300, 840, 310, c.p.walls[1], 6)
    c.shape([(440, 300), (600, 190), (760, 300)], c.p.ink)
    c.disc(600, 262, 30, c.p.light)
    c.line([(600, 262), (600, 243)], c.p.ink, 4)
    c.line([(600, 262), (614, 266)], c.p.ink, 4)
    for row in range(2):
        for n in range(8):
            if not (row == 1 and n in (3, 4)):
                c.box(216 + n * 98, 330 + row * 130, 64, 84, c.p.sky[1], 4)
    c.box(530, 460, 140, 150, c.p.ink, 6)
    c.shape([(520, 610), (680, 610), (860, 800), (340, 800)], c.p.walls[0])
    for x in (90, 1110):
        c.tree(x, 640, 260, c.p.grounds[2])
    c.group(748, 165, (300, 420, 720, 830, 930), ("up", "down", "down", "out", "down"))


def studio(c: Canvas) -> None:
    c.floor(0, c.p.accents[3])
    c.box(80, 70, 1040, 460, c.p.sky[1], 14)
    for n in range(1, 4):
        c.box(80 + n * 260, 70, 6, 460, c.p.light)
    c.line([(60, 420), (1140, 420)], c.p.ink, 8)
    c.floor(560, c.p.walls[0])
    for n in range(9):
        c.line([(n * 150, 560), (n * 190 - 160, 800)], c.p.accents[1], 2)
    c.group(738, 300, (230, 440, 660, 900), ("up", "out", "left", "up"))
    for x, y in ((140, 180), (1010, 150), (560, 130)):
        c.disc(x, y, 20, c.p.accents[0], 15)
        c.line([(x + 17, y), (x + 17, y - 74), (x + 52, y - 60)], c.p.accents[0], 7)


def stage(c: Canvas) -> None:
    c.floor(0, c.p.ink)
    c.shape([(300, 0), (500, 0), (700, 640), (180, 640)], c.p.grounds[2] if c.p is not FROST else "#314a73")
    c.shape([(760, 0), (900, 0), (1080, 640), (620, 640)], c.p.accents[2])
    c.disc(600, 640, 420, c.p.accents[1], 60)
    c.group(650, 290, (420, 600, 790), ("right", "up", "out"))
    for side in (0, 1):
        for n in range(5):
            x = n * 44 if side == 0 else WIDTH - (n + 1) * 44
            c.box(x, 0, 45, 720 - n * 12, c.p.walls[1] if n % 2 else c.p.accents[0], 20)
    for n in range(9):
        c.disc(66 + n * 134, 0, 86, c.p.accents[0] if n % 2 else c.p.walls[1], 92)
    for n in range(12):
        c.disc(50 + n * 102, 800, 46, c.p.grounds[1] if n % 2 else "#182233", 62)


def harbour(c: Canvas) -> None:
    c.sky()
    c.sun(280, 190, 62)
    c.hill(450, 90, c.p.grounds[0], 1.1, 2)
    for n, x in enumerate((640, 760, 870, 990, 1090)):
        c.house(
            x, 470, 96, 80 + 14 * (n % 3), (c.p.walls[1], c.p.light, c.p.accents[1], c.p.walls[0], c.p.accents[0])[n], c.p.ink
        )
    c.floor(460, c.p.grounds[1])
    for k in range(6):
        c.line([(x, 500 + k * 52 + 5 * math.sin(x / 60 + k)) for x in range(-10, 1220, 14)], c.p.grounds[0], 4)
    c.shape([(150, 560), (560, 560), (500, 640), (210, 640)], c.p.walls[1])
    c.box(150, 552, 410, 14, c.p.light)
    c.line([(350, 552), (350, 230)], c.p.ink, 9)
    c.shape([(362, 240), (362, 530), (540, 530)], c.p.light)
    c.shape([(338, 280), (338, 530), (220, 530)], c.p.accents[1])
    c.shape([(700, 640), (1200, 600), (1200, 680), (700, 720)], "#8a6248")
    for x in (760, 920, 1080):
        c.box(x, 660, 22, 140, "#6b4a36")
    c.group(655, 165, (840, 960), ("up", "down"))
    for x, y in ((480, 180), (560, 140), (120, 330)):
        c.arc(x - 20, y, 22, 200, 340, c.p.ink, 5)
        c.arc(x + 20, y, 22, 200, 340, c.p.ink, 5)


def farm(c: Canvas) -> None:
    c.sky()
    c.cloud(760, 130, 1.1)
    c.sun(150, 150, 56)
    c.hill(520, 150, c.p.grounds[0], 1.0, 3.4)
    c.hill(640, 70, c.p.grounds[1], 0.7, 0.6)
    c.house(730, 590, 330, 190, c.p.walls[1], c.p.ink)
    c.shape([(850, 590), (850, 490), (895, 460), (940, 490), (940, 590)], c.p.light)
    c.floor(680, c.p.grounds[2])
    for x in range(-20, 1200, 110):
        c.box(x, 610, 15, 130, c.p.walls[0], 4)
    c.box(0, 636, WIDTH, 13, c.p.walls[0])
    c.box(0, 684, WIDTH, 13, c.p.walls[0])
    x, y, coat = 340, 560, "#8b5a3c"
    c.box(x - 130, y - 70, 250, 120, coat, 58)
    for leg in (-104, -62, 62, 100):
        c.box(x + leg - 13, y + 20, 27, 150, coat, 10)
    c.shape([(x + 78, y - 40), (x + 120, y - 190), (x + 172, y - 160), (x + 122, y + 6)], coat)
    c.disc(x + 168, y - 178, 58, coat, 34)
    c.shape([(x + 118, y - 205), (x + 130, y - 246), (x + 150, y - 206)], coat)
    c.line([(x + 76, y - 56), (x + 112, y - 196)], c.p.ink, 22)
    c.line([(x - 124, y - 40), (x - 162, y + 66)], c.p.ink, 20)
    c.disc(x + 180, y - 188, 5, c.p.light)
    c.group(752, 190, (600, 700), ("left", "down"))


def church(c: Canvas) -> None:
    c.sky()
    c.sun(940, 200, 64)
    c.cloud(140, 180)
    c.hill(560, 150, c.p.grounds[0], 0.9, 5)
    c.hill(640, 70, c.p.grounds[1], 1.2, 1)
    c.box(380, 380, 300, 240, c.p.light, 4)
    c.shape([(360, 380), (530, 250), (700, 380)], c.p.ink)
    c.box(660, 250, 110, 370, c.p.light, 4)
    c.shape([(648, 250), (715, 60), (782, 250)], c.p.accents[2])
    for x in (420, 490, 560):
        c.box(x, 440, 40, 100, c.p.accents[1], 20)
    c.box(690, 530, 52, 90, c.p.walls[1], 24)
    c.disc(716, 320, 22, c.p.accents[1])
    c.floor(620, c.p.grounds[2])
    c.shape([(680, 620), (760, 620), (880, 800), (560, 800)], c.p.walls[0])
    for x in (150, 260, 950, 1070):
        c.tree(x, 660, 230, c.p.grounds[1])
    c.group(752, 160, (460, 550, 900, 990), ("down", "right", "up", "down"))


def workshop(c: Canvas) -> None:
    c.floor(0, c.p.walls[0])
    for row in range(3):
        for n in range(8):
            c.disc(90 + n * 146, 90 + row * 90, 3, c.p.ink)
    tools = c.p.accents
    for n in range(7):
        x = 120 + n * 150
        c.line([(x, 90), (x, 210)], "#8a6248", 14)
        if n % 3 == 0:
            c.box(x - 42, 76, 84, 40, c.p.ink, 6)
        elif n % 3 == 1:
            c.shape([(x - 14, 200), (x + 14, 200), (x + 50, 330), (x - 10, 330)], tools[n % 4])
        else:
            c.ring(x, 90, 34, tools[n % 4], 14)
    c.box(60, 520, 1080, 44, "#a9744f", 8)
    c.box(120, 560, 46, 240, "#8a6248")
    c.box(1034, 560, 46, 240, "#8a6248")
    c.floor(770, c.p.accents[3])
    for n, x in enumerate((300, 600, 880)):
        c.person(x, 800, 420, tools[(n + 1) % 4], arms="out", skin=SKINS[n * 2])
    c.box(60, 520, 1080, 44, "#a9744f", 8)
    c.box(420, 470, 120, 50, tools[0], 6)
    c.disc(740, 488, 32, tools[2])
    c.line([(712, 480), (768, 496)], c.p.light, 4)
    c.line([(716, 498), (764, 480)], c.p.light, 4)
    c.box(180, 440, 90, 80, tools[1], 8)
    c.box(980, 430, 26, 90, tools[2], 8)


def lending(c: Canvas) -> None:
    c.floor(0, c.p.sky[1])
    c.box(50, 60, 1100, 560, c.p.walls[0], 10)
    for x in (110, 175, 240, 305):
        c.box(x, 130, 26, 440, c.p.accents[(x // 65) % 4], 13)
        c.disc(x + 13, 136, 18, c.p.accents[(x // 65) % 4])
    for cx in (560, 760):
        c.ring(cx, 480, 84, c.p.ink, 13)
        for a in range(6):
            c.line([(cx, 480), (cx + 78 * math.cos(a * math.pi / 3), 480 + 78 * math.sin(a * math.pi / 3))], c.p.ink, 2)
    c.line([(560, 480), (620, 360), (730, 360), (660, 480), (560, 480)], c.p.accents[0], 14)
    c.line([(760, 480), (720, 320), (762, 312)], c.p.accents[0], 14)
    c.line([(612, 348), (600, 334), (640, 334)], c.p.ink, 12)
    c.shape([(880, 560), (1000, 330), (1120, 560)], c.p.accents[1])
    c.shape([(985, 560), (1000, 400), (1015, 560)], c.p.ink)
    c.box(420, 140, 60, 60, c.p.accents[2], 30)
    c.disc(560, 172, 40, c.p.accents[3])
    c.box(660, 140, 130, 64, c.p.accents[0], 14)
    c.box(400, 206, 720, 12, "#8a6248", 4)
    c.floor(620, c.p.grounds[1])
    c.group(775, 250, (330, 480, 960), ("right", "down", "left"))


def music(c: Canvas) -> None:
    c.floor(0, c.p.accents[2])
    for k in range(5):
        c.line([(x, 130 + k * 42 + 34 * math.sin(x / 170)) for x in range(-10, 1220, 14)], c.p.sky[0], 5)
    for n in range(8):
        x = 100 + n * 148
        y = 180 + 42 * (n % 4) + 34 * math.sin(x / 170)
        c.disc(x, y, 28, c.p.accents[1] if n % 2 else c.p.accents[3], 21)
        c.line([(x + 25, y), (x + 25, y - 110)], c.p.accents[1] if n % 2 else c.p.accents[3], 9)
    c.floor(610, c.p.walls[1])
    c.group(770, 320, (190, 400, 620, 830, 1030), ("down", "out", "up", "out", "down"))
    for x in (400, 830):
        c.box(x - 80, 590, 160, 14, c.p.ink, 6)
        c.box(x - 66, 520, 132, 74, c.p.light, 6)


def paint(c: Canvas) -> None:
    c.floor(0, c.p.walls[0])
    for n, x in enumerate((60, 330, 900)):
        c.box(x, 70, 210, 160, c.p.light, 4)
        c.disc(x + 105, 150, 52, c.p.accents[n])
        c.box(x + 30, 176, 150, 30, c.p.grounds[n], 14)
    c.line([(470, 740), (600, 240), (730, 740)], "#8a6248", 16)
    c.box(420, 270, 360, 290, c.p.light, 4)
    c.box(440, 290, 320, 250, c.p.sky[0])
    c.disc(680, 350, 34, c.p.accents[1])
    c.shape([(440, 540), (440, 460), (540, 400), (640, 470), (760, 430), (760, 540)], c.p.grounds[1])
    c.floor(700, c.p.accents[3])
    c.group(780, 330, (270, 900), ("right", "left"))
    c.disc(1080, 720, 92, "#b98058", 60)
    for n, (dx, dy) in enumerate(((-46, -18), (-6, -32), (38, -20), (48, 16), (-40, 22))):
        c.disc(1080 + dx, 720 + dy, 15, (*c.p.accents, c.p.grounds[2])[n])


def winter(c: Canvas) -> None:
    c.sky()
    c.sun(960, 160, 54)
    c.hill(500, 190, c.p.grounds[0], 1.1, 0.8)
    for n in range(12):
        c.fir(40 + n * 104, 540 + c.chance.uniform(-20, 20), c.chance.uniform(130, 210), "#5f8a86" if n % 2 else "#476f74")
    c.hill(640, 90, c.p.grounds[1], 0.7, 2)
    c.hill(800, 120, "#ffffff", 0.6, 0)
    for x, shirt in ((360, 0), (640, 2), (880, 1)):
        c.line([(x - 90, 744), (x + 120, 730)], c.p.ink, 8)
        c.person(x, 738, 215, c.p.accents[shirt], arms="out", skin=SKINS[shirt * 2])
        c.line([(x - 112, 604), (x - 140, 742)], c.p.ink, 5)
        c.line([(x + 112, 604), (x + 140, 728)], c.p.ink, 5)
        c.draw.pieslice(c._at((x - 33, 524), (x + 33, 596)), 180, 360, fill=c.p.accents[(shirt + 1) % 3])
        c.disc(x, 522, 11, c.p.light)
    for _n in range(70):
        c.disc(c.chance.uniform(0, 1200), c.chance.uniform(0, 780), c.chance.uniform(2.5, 6), "#ffffff")


def cycling(c: Canvas) -> None:
    c.sky()
    c.cloud(260, 150, 1.2)
    c.hill(500, 140, c.p.grounds[0], 1.2, 4)
    c.hill(600, 60, c.p.grounds[1], 0.9, 1)
    for x in (90, 230, 1080):
        c.tree(x, 620, 220, c.p.grounds[2])
    c.floor(630, c.p.grounds[1])
    c.shape([(0, 690), (1200, 650), (1200, 770), (0, 790)], c.p.walls[0])
    for x, shirt in ((330, 0), (700, 2)):
        y = 690
        for cx in (x - 80, x + 90):
            c.ring(cx, y, 66, c.p.ink, 11)
            c.disc(cx, y, 9, c.p.ink)
        c.line([(x - 80, y), (x - 40, y - 96), (x + 66, y - 96), (x, y), (x - 80, y)], c.p.accents[1], 11)
        c.line([(x + 90, y), (x + 60, y - 128), (x + 96, y - 136)], c.p.accents[1], 11)
        c.line([(x - 36, y - 122), (x + 4, y - 50), (x - 6, y + 6)], c.p.ink, 20)
        c.line([(x - 30, y - 138), (x + 12, y - 226)], c.p.accents[shirt], 54)
        c.line([(x + 14, y - 226), (x + 88, y - 140)], c.p.accents[shirt], 17)
        c.disc(x + 34, y - 282, 38, SKINS[shirt])
        c.draw.pieslice(c._at((x - 8, y - 328), (x + 76, y - 242)), 180, 360, fill=c.p.accents[3])


def mountain(c: Canvas) -> None:
    c.sky()
    c.sun(220, 180, 60)
    c.cloud(820, 130, 1.1)
    c.shape([(500, 800), (760, 120), (880, 250), (960, 190), (1260, 800)], c.p.grounds[1])
    c.shape([(760, 120), (690, 304), (760, 270), (800, 318), (856, 224)], c.p.light)
    c.shape([(-80, 800), (230, 360), (420, 800)], c.p.grounds[0])
    c.shape([(380, 800), (470, 560), (640, 420), (820, 470), (1000, 800)], c.p.grounds[2])
    c.line([(640, 420), (610, 560), (600, 720)], c.p.accents[1], 6)
    c.person(612, 640, 200, c.p.accents[0], arms="up", skin=SKINS[1])
    c.person(700, 440, 150, c.p.accents[3], arms="left", skin=SKINS[0])
    for x, y in ((540, 640), (560, 540), (690, 560), (760, 640), (500, 730), (820, 720)):
        c.disc(x, y, 15, c.p.accents[(x // 10) % 4], 11)
    for n in range(5):
        c.fir(60 + n * 70, 790, 150 + 20 * (n % 2), c.p.grounds[2])


def garden(c: Canvas) -> None:
    c.sky()
    c.sun(1000, 150, 58)
    c.hill(500, 110, c.p.grounds[0], 1.3, 1)
    c.floor(520, c.p.grounds[1])
    c.house(80, 540, 220, 150, c.p.walls[1], c.p.ink)
    for n, (x, y) in enumerate(((380, 560), (760, 560), (120, 690), (520, 690), (900, 690))):
        c.box(x, y, 290, 74, "#8a6248", 6)
        c.box(x + 10, y - 4, 270, 20, "#5a3d2c", 8)
        for k in range(6):
            px = x + 34 + k * 44
            c.line([(px, y), (px, y - 46)], c.p.grounds[2], 6)
            if n % 2:
                c.disc(px, y - 52, 19, c.p.accents[k % 4])
                c.disc(px, y - 52, 7, c.p.light)
            else:
                c.disc(px - 13, y - 34, 16, c.p.grounds[2], 9)
                c.disc(px + 13, y - 46, 16, c.p.grounds[2], 9)
    c.group(690, 200, (450, 830), ("down", "up"))


def camp(c: Canvas) -> None:
    c.sky()
    c.disc(930, 150, 52, c.p.light)
    c.hill(540, 170, c.p.grounds[0], 1.1, 0.4)
    for n in range(12):
        c.fir(30 + n * 106, 580 + c.chance.uniform(-10, 16), c.chance.uniform(160, 240), c.p.grounds[1])
    c.floor(590, c.p.grounds[2])
    c.shape([(100, 680), (270, 400), (440, 680)], c.p.accents[0])
    c.shape([(230, 680), (270, 480), (310, 680)], c.p.ink)
    c.shape([(800, 690), (960, 440), (1120, 690)], c.p.accents[1])
    c.shape([(925, 690), (960, 520), (995, 690)], c.p.ink)
    c.line([(540, 760), (680, 724)], "#6b4a36", 18)
    c.line([(540, 724), (680, 760)], "#6b4a36", 18)
    c.shape([(560, 730), (585, 640), (606, 690), (622, 610), (646, 700), (664, 730)], "#f26b3a")
    c.shape([(586, 730), (606, 676), (620, 700), (630, 660), (644, 730)], "#ffd15c")
    c.group(770, 190, (430, 510, 710, 790), ("down", "right", "left", "down"))


def table(c: Canvas) -> None:
    c.floor(0, c.p.accents[3])
    for n in range(7):
        x = 110 + n * 165
        c.line([(x, 0), (x, 90 + 20 * (n % 2))], c.p.ink, 4)
        c.disc(x, 112 + 20 * (n % 2), 36, c.p.accents[1])
    c.box(0, 330, WIDTH, 12, c.p.walls[1])
    for n, x in enumerate((170, 340, 520, 690, 860, 1030)):
        c.person(x, 700, 380 + 20 * (n % 3), c.p.accents[(0, 2, 1, 0, 2, 1)[n]], arms="none", skin=SKINS[n])
    c.box(40, 540, 1120, 60, c.p.light, 20)
    c.box(40, 574, 1120, 226, c.p.walls[1], 20)
    for n, x in enumerate((150, 330, 520, 700, 880, 1050)):
        c.disc(x, 540, 62, c.p.accents[2] if n % 2 else c.p.accents[0], 18)
        c.disc(x, 530, 40, c.p.accents[1] if n % 2 else c.p.grounds[0], 18)
    for x in (240, 610, 970):
        c.box(x - 14, 462, 28, 78, c.p.grounds[0], 8)


def circle(c: Canvas) -> None:
    c.floor(0, c.p.sky[1])
    for x, y, r, n in ((180, 160, 110, 0), (470, 110, 74, 1), (760, 170, 118, 2), (1040, 120, 86, 3)):
        c.disc(x, y, r, c.p.accents[n], r * 0.74)
        c.shape([(x - 26, y + r * 0.6), (x + 24, y + r * 0.64), (x - 10, y + r * 1.12)], c.p.accents[n])
        for k in range(3):
            c.disc(x - r * 0.4 + k * r * 0.4, y, r * 0.09, c.p.light)
    c.floor(600, c.p.grounds[0])
    c.disc(600, 720, 500, c.p.walls[0], 78)
    c.group(720, 330, (170, 390, 610, 820, 1030), ("down", "right", "out", "left", "down"))


def hands(c: Canvas) -> None:
    c.sky()
    for r, n in ((330, 3), (250, 1), (170, 0)):
        c.disc(600, 360, r, c.p.accents[n])
    c.disc(560, 330, 66, c.p.light)
    c.disc(640, 330, 66, c.p.light)
    c.shape([(500, 354), (700, 354), (600, 480)], c.p.light)
    c.shape([(498, 350), (702, 350), (640, 440), (560, 440)], c.p.light)
    c.hill(800, 120, c.p.grounds[1], 0.7, 3)
    c.group(770, 290, (170, 330, 870, 1030), ("right", "up", "up", "left"))


def neighbours(c: Canvas) -> None:
    c.sky()
    c.cloud(480, 110, 1.1)
    c.sun(1040, 140, 52)
    c.hill(520, 120, c.p.grounds[0], 1.1, 1.6)
    walls = (c.p.walls[1], c.p.light, c.p.accents[1], c.p.accents[3], c.p.accents[0])
    for n in range(5):
        c.house(40 + n * 232, 600, 180, 150 + 40 * (n % 2), walls[n], c.p.ink, rows=1 + n % 2)
    c.floor(600, c.p.grounds[1])
    c.line([(60, 470), (600, 540), (1140, 470)], c.p.ink, 3)
    for n in range(14):
        x = 90 + n * 78
        y = 474 + 62 * (1 - abs(x - 600) / 560)
        c.shape([(x, y), (x + 44, y), (x + 22, y + 44)], c.p.accents[n % 4])
    c.box(330, 690, 540, 30, c.p.light, 8)
    c.box(360, 718, 18, 80, c.p.ink)
    c.box(820, 718, 18, 80, c.p.ink)
    c.group(760, 190, (170, 260, 940, 1030), ("up", "down", "down", "right"))
    for n, x in enumerate((420, 540, 660, 780)):
        c.disc(x, 682, 34, c.p.accents[n], 14)


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: how it is drawn, in which palettes, and what it shows in words."""

    draw: Callable[[Canvas], None]
    palettes: tuple[Palette, ...]
    alt: dict[str, str]


SCENES: dict[str, Scene] = {
    "forest": Scene(forest, (MEADOW, EVENING), {"nb": "Tegning: folk på tur i skogen", "en": "Drawing: people walking in the woods", "uk": "Малюнок: люди гуляють у лісі", "ar": "رسم: أشخاص يمشون في الغابة", "pl": "Rysunek: ludzie na spacerze w lesie"}),
    "hall": Scene(hall, (MORNING, EVENING), {"nb": "Tegning: ballspill i en idrettshall", "en": "Drawing: a ball game in a sports hall", "uk": "Малюнок: гра з м’ячем у спортзалі", "ar": "رسم: لعب بالكرة في صالة رياضية", "pl": "Rysunek: gra w piłkę w hali"}),
    "field": Scene(field, (MEADOW, MORNING), {"nb": "Tegning: fotball på en grønn bane", "en": "Drawing: football on a green pitch", "uk": "Малюнок: футбол на зеленому полі", "ar": "رسم: كرة قدم في ملعب أخضر", "pl": "Rysunek: piłka nożna na zielonym boisku"}),
    "pool": Scene(pool, (SEASIDE, EVENING), {"nb": "Tegning: folk som svømmer i et basseng", "en": "Drawing: people swimming in a pool", "uk": "Малюнок: люди плавають у басейні", "ar": "رسم: أشخاص يسبحون في مسبح", "pl": "Rysunek: ludzie pływają w basenie"}),
    "house": Scene(house, (MORNING, EVENING), {"nb": "Tegning: et hus med vimpler og folk utenfor", "en": "Drawing: a house with bunting and people outside", "uk": "Малюнок: будинок із прапорцями та люди", "ar": "رسم: بيت مزين وأشخاص أمامه", "pl": "Rysunek: dom z girlandą i ludzie"}),
    "library": Scene(library, (MORNING, SEASIDE), {"nb": "Tegning: folk som leser foran bokhyller", "en": "Drawing: people reading in front of bookshelves", "uk": "Малюнок: люди читають біля книжкових полиць", "ar": "رسم: أشخاص يقرؤون أمام رفوف الكتب", "pl": "Rysunek: ludzie czytają przy regałach"}),
    "school": Scene(school, (MEADOW, SEASIDE), {"nb": "Tegning: barn foran en skole", "en": "Drawing: children in front of a school", "uk": "Малюнок: діти перед школою", "ar": "رسم: أطفال أمام مدرسة", "pl": "Rysunek: dzieci przed szkołą"}),
    "studio": Scene(studio, (EVENING, MORNING), {"nb": "Tegning: folk som danser i en speilsal", "en": "Drawing: people dancing in a mirror room", "uk": "Малюнок: люди танцюють у залі", "ar": "رسم: أشخاص يرقصون في قاعة", "pl": "Rysunek: ludzie tańczą w sali"}),
    "stage": Scene(stage, (EVENING, SEASIDE), {"nb": "Tegning: tre på en scene foran publikum", "en": "Drawing: three people on a stage", "uk": "Малюнок: троє на сцені", "ar": "رسم: ثلاثة أشخاص على المسرح", "pl": "Rysunek: trzy osoby na scenie"}),
    "harbour": Scene(harbour, (SEASIDE, EVENING), {"nb": "Tegning: seilbåt og brygge ved fjorden", "en": "Drawing: a sailing boat and a jetty by the fjord", "uk": "Малюнок: вітрильник і причал", "ar": "رسم: قارب شراعي ورصيف", "pl": "Rysunek: żaglówka i pomost"}),
    "farm": Scene(farm, (MEADOW, MORNING), {"nb": "Tegning: en hest på en gård", "en": "Drawing: a horse on a farm", "uk": "Малюнок: кінь на фермі", "ar": "رسم: حصان في مزرعة", "pl": "Rysunek: koń w gospodarstwie"}),
    "church": Scene(church, (MEADOW, SEASIDE), {"nb": "Tegning: et hvitt forsamlingshus med tårn", "en": "Drawing: a white house of worship with a tower", "uk": "Малюнок: білий храм із вежею", "ar": "رسم: دار عبادة بيضاء ذات برج", "pl": "Rysunek: biała świątynia z wieżą"}),
    "workshop": Scene(workshop, (MORNING, SEASIDE), {"nb": "Tegning: folk ved en arbeidsbenk", "en": "Drawing: people at a workbench", "uk": "Малюнок: люди біля верстака", "ar": "رسم: أشخاص عند طاولة عمل", "pl": "Rysunek: ludzie przy stole warsztatowym"}),
    "lending": Scene(lending, (MEADOW, SEASIDE), {"nb": "Tegning: ski, sykkel og telt til utlån", "en": "Drawing: skis, a bike and a tent to borrow", "uk": "Малюнок: лижі, велосипед і намет напрокат", "ar": "رسم: زلاجات ودراجة وخيمة للإعارة", "pl": "Rysunek: narty, rower i namiot do wypożyczenia"}),
    "music": Scene(music, (MORNING, EVENING), {"nb": "Tegning: folk som synger og spiller", "en": "Drawing: people singing and playing", "uk": "Малюнок: люди співають і грають", "ar": "رسم: أشخاص يغنون ويعزفون", "pl": "Rysunek: ludzie śpiewają i grają"}),
    "paint": Scene(paint, (MORNING, MEADOW), {"nb": "Tegning: to som maler på et staffeli", "en": "Drawing: two people painting at an easel", "uk": "Малюнок: двоє малюють біля мольберта", "ar": "رسم: شخصان يرسمان على حامل", "pl": "Rysunek: dwie osoby malują przy sztaludze"}),
    "winter": Scene(winter, (FROST, EVENING), {"nb": "Tegning: folk på ski i snøvær", "en": "Drawing: people skiing in the snow", "uk": "Малюнок: люди на лижах", "ar": "رسم: أشخاص يتزلجون في الثلج", "pl": "Rysunek: ludzie na nartach"}),
    "cycling": Scene(cycling, (MEADOW, EVENING), {"nb": "Tegning: to som sykler på en vei", "en": "Drawing: two people cycling on a road", "uk": "Малюнок: двоє їдуть на велосипедах", "ar": "رسم: شخصان يركبان الدراجة", "pl": "Rysunek: dwie osoby na rowerach"}),
    "mountain": Scene(mountain, (SEASIDE, EVENING), {"nb": "Tegning: folk som klatrer på et berg", "en": "Drawing: people climbing a rock", "uk": "Малюнок: люди на скелі", "ar": "رسم: أشخاص يتسلقون صخرة", "pl": "Rysunek: ludzie wspinają się na skałę"}),
    "garden": Scene(garden, (MEADOW, MORNING), {"nb": "Tegning: pallekarmer med blomster og grønnsaker", "en": "Drawing: raised beds with flowers and vegetables", "uk": "Малюнок: грядки з квітами та овочами", "ar": "رسم: أحواض زهور وخضار", "pl": "Rysunek: grządki z kwiatami i warzywami"}),
    "camp": Scene(camp, (EVENING, MEADOW), {"nb": "Tegning: telt og bål i skogen", "en": "Drawing: tents and a campfire in the woods", "uk": "Малюнок: намети й багаття в лісі", "ar": "رسم: خيام ونار في الغابة", "pl": "Rysunek: namioty i ognisko w lesie"}),
    "table": Scene(table, (MORNING, EVENING), {"nb": "Tegning: mange rundt et langbord", "en": "Drawing: many people around a long table", "uk": "Малюнок: багато людей за довгим столом", "ar": "رسم: أشخاص حول مائدة طويلة", "pl": "Rysunek: wiele osób przy długim stole"}),
    "circle": Scene(circle, (MORNING, SEASIDE), {"nb": "Tegning: folk som snakker sammen", "en": "Drawing: people talking together", "uk": "Малюнок: люди розмовляють", "ar": "رسم: أشخاص يتحدثون معا", "pl": "Rysunek: ludzie rozmawiają"}),
    "hands": Scene(hands, (MORNING, EVENING), {"nb": "Tegning: et hjerte mellom fire personer", "en": "Drawing: a heart between four people", "uk": "Малюнок: серце між чотирма людьми", "ar": "رسم: قلب بين أربعة أشخاص", "pl": "Rysunek: serce między czterema osobami"}),
    "neighbours": Scene(neighbours, (MEADOW, MORNING), {"nb": "Tegning: naboer ved et bord foran husene sine", "en": "Drawing: neighbours at a table outside their houses", "uk": "Малюнок: сусіди за столом біля будинків", "ar": "رسم: جيران حول طاولة أمام بيوتهم", "pl": "Rysunek: sąsiedzi przy stole przed domami"}),
}  # fmt: skip


def draw(scene: str, variant: int) -> bytes:
    """One picture as JPEG; the same bytes every time."""
    found = SCENES[scene]
    canvas = Canvas(found.palettes[variant], f"{scene}-{variant}")
    found.draw(canvas)
    return canvas.jpeg()


# ── logos ───────────────────────────────────────────────────────────────────────────────────────────────────
_PAIRS = (
    ("#17626b", "#f2b134"), ("#b5485d", "#fbe3c0"), ("#2f6f68", "#f7c9b6"), ("#3c5b88", "#ffcf56"), ("#7b5d86", "#f6e3c5"),
    ("#c8553d", "#fdf6e6"), ("#23587c", "#a9d6c9"), ("#3f7d4e", "#f0c94d"), ("#45406b", "#f4a6a0"), ("#9c4f3f", "#f3e1c7"),
)  # fmt: skip


def draw_logo(name: str) -> bytes:
    """A logo as PNG: a geometric field and, where the letters allow, the initials."""
    chance = Random(f"logo:{name}")
    dark, bright = chance.choice(_PAIRS)
    palette = Palette((dark, dark), (dark, dark, dark), (bright, bright), (bright,) * 4, dark, "#ffffff")
    canvas = Canvas(palette, name, 240, 240, clear=True)
    shape = chance.randrange(6)
    initials = "".join(word[0] for word in name.split() if word[0].isascii() and word[0].isupper())[:2]
    if shape == 0:
        canvas.disc(120, 120, 112, dark)
        canvas.arc(120, 120, 94, 0, 360, bright, 6)
    elif shape == 1:
        canvas.box(12, 12, 216, 216, dark, 54)
        canvas.disc(196, 52, 30, bright)
    elif shape == 2:
        canvas.shape([(120, 6), (226, 64), (226, 176), (120, 234), (14, 176), (14, 64)], dark)
        canvas.line([(40, 188), (200, 188)], bright, 7)
    elif shape == 3:
        canvas.disc(120, 120, 112, dark)
        for n in range(8):
            a = n * math.tau / 8
            canvas.disc(120 + 92 * math.cos(a), 120 + 92 * math.sin(a), 12, bright)
    elif shape == 4:
        canvas.shape([(24, 18), (216, 18), (216, 130), (120, 232), (24, 130)], dark)
        canvas.line([(52, 46), (188, 46)], bright, 8)
    else:
        canvas.box(12, 12, 216, 216, dark, 108)
        for k in range(3):
            canvas.line([(x, 168 + k * 20 + 6 * math.sin(x / 15)) for x in range(56 + k * 14, 188 - k * 14, 4)], bright, 7)
    if initials:
        font = ImageFont.load_default(size=int(78 * SCALE))
        y = 104 if shape in (2, 4, 5) else 118
        canvas.draw.text((120 * SCALE, y * SCALE), initials, font=font, fill=bright, anchor="mm")
    else:
        canvas.disc(120, 106, 34, bright)
    return canvas.png()
