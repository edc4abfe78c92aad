"""What people write in a cell, understood. Every function takes a text and gives a value, or raises `NotUnderstood`."""


class NotUnderstood(Exception):
    """The cell could not be read. `code` is a sentence of `problems`; `rest` is the part that was left over."""

    def __init__(self, code: str, value: str = "", rest: str = "") -> None:
        self.code = code
        self.value = value
        self.rest = rest
        super().__init__(code)
