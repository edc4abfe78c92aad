"""What can be decided about a provider from facts alone."""

WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(first_eight: str) -> int | None:
    """The ninth digit of an organisation number, or None when no number starts with these eight (mod 11)."""
    rest = sum(int(digit) * weight for digit, weight in zip(first_eight, WEIGHTS, strict=True)) % 11
    digit = 0 if rest == 0 else 11 - rest
    return None if digit == 10 else digit


def is_org_number(value: str) -> bool:
    """Whether `value` is nine digits whose last is the right check digit.

    Real numbers start with 8 or 9; 2 and 3 belong to made-up populations (demo and tests) and are accepted.
    """
    return len(value) == 9 and value.isascii() and value.isdigit() and check_digit(value[:8]) == int(value[8])


def printed_org_number(value: str) -> str:
    """ "310 000 019": groups of three."""
    return f"{value[:3]} {value[3:6]} {value[6:]}" if len(value) == 9 else value
