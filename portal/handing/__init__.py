"""Handing out cards: what agencies do on the desk, below `/desk/cards/`.

    hand out   choose a card and how it comes to the family: on the screen, on paper, by text message, as a code
    many       some hundred at once, as sheets to print
    look up    by the number on the stub: stop, replace, pause, give something extra

No name is asked for anywhere. What names a single card (its number, its batch) is sent in the body, never in an address, since
addresses stand in logs.
"""
