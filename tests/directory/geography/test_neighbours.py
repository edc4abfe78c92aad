"""Which municipalities lie beside each other."""

import pytest

from directory.geography.boundaries import all_boundaries
from directory.geography.neighbours import neighbours_of

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("number", "beside", "apart"),
    [
        ("3909", {"3907", "4001"}, {"3911", "0301"}),  # Larvik: Sandefjord, Porsgrunn
        ("3907", {"3909"}, {"4001"}),
        ("4001", {"3909"}, {"3907"}),
    ],
)
def test_neighbours_share_a_boundary(number, beside, apart):
    found = set(neighbours_of(number))
    assert beside <= found
    assert not apart & found
    assert number not in found


def test_who_is_beside_somebody_has_them_beside():
    for number in list(all_boundaries())[::7]:
        for other in neighbours_of(number):
            assert number in neighbours_of(other), (number, other)


def test_an_unknown_number_has_none():
    assert neighbours_of("9999") == ()
