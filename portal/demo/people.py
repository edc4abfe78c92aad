"""The people of the demo town. Nobody here exists: first names at random, the surname "Demo", numbers that reach nobody."""

from __future__ import annotations

from random import Random

# (mail address, who it is); `make demo` prints a sign-in link for each.
SIGN_IN = (
    ("admin@example.org", "Runs the installation"),
    ("larvik@example.org", "Coordinator, Larvik"),
    ("sandefjord@example.org", "Coordinator, Sandefjord"),
    ("porsgrunn@example.org", "Coordinator, Porsgrunn"),
    ("editor@example.org", "Editor of three associations, Larvik"),
    ("nav@example.org", "Leader at NAV, Larvik"),
    ("helsesykepleier@example.org", "School nurse, Larvik"),
    ("badet@example.org", "Looks after the pool, which takes the card, Larvik"),
)

FIRST_NAMES = (
    "Solfrid", "Amir", "Oksana", "Torbjørn", "Hodan", "Ingeborg", "Yonas", "Agnieszka", "Leif", "Samira", "Petter", "Nadia",
    "Gunvor", "Mehmet", "Selam", "Kjersti", "Andrii", "Fatima", "Roar", "Magdalena", "Ahmed", "Synnøve", "Iryna", "Bjarte",
    "Leyla", "Håkon", "Rahel", "Turid", "Omar", "Marit", "Piotr", "Aster", "Vidar", "Zainab", "Ellen", "Dmytro", "Astrid",
    "Said", "Guro", "Mariam", "Eivind", "Halina", "Abdi", "Randi", "Tekle", "Sunniva", "Yusuf", "Liv", "Natalia", "Erlend",
)  # fmt: skip


def somebody(chance: Random) -> str:
    """A name that is plainly made up."""
    return f"{chance.choice(FIRST_NAMES)} Demo"


def telephone(number: int) -> str:
    """A number that reaches nobody: none is given out that begins with 00."""
    digits = f"{number % 10_000:04d}"
    return f"00 00 {digits[:2]} {digits[2:]}"
