"""Which municipalities lie beside each other.

    neighbours_of("3909") → ("3907", "3911", "4001", …)    those it shares a boundary with

Two boundaries drawn at different times and finenesses do not meet exactly: what lies within a kilometre is counted. Across
a fjord that is wider there is usually no road either; a ferry away is not next door.
"""

from __future__ import annotations

import math
from functools import lru_cache

from shapely.affinity import scale
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from directory.geography.boundaries import all_boundaries

CLOSE_KM = 1.0
_KM_PER_DEGREE = 111.2


@lru_cache(maxsize=512)
def neighbours_of(number: str) -> tuple[str, ...]:
    """The numbers of the municipalities beside this one, in order; none for a number that no register knows."""
    known = all_boundaries()
    own = known.get(number)
    if own is None:
        return ()
    west, south, east, north = own.geometry.bounds
    # A degree of longitude is shorter the further north it lies; both sides are squeezed alike, so that distances hold.
    squeeze = math.cos(math.radians((south + north) / 2))
    margin = 2 * CLOSE_KM / _KM_PER_DEGREE
    around = box(west - margin / squeeze, south - margin, east + margin / squeeze, north + margin)
    here = _squeezed(own.geometry, squeeze)
    return tuple(
        sorted(
            other.number
            for other in known.values()
            if other.number != number
            and other.geometry.intersects(around)
            and here.distance(_squeezed(other.geometry.intersection(around), squeeze)) * _KM_PER_DEGREE <= CLOSE_KM
        )
    )


def _squeezed(geometry: BaseGeometry, squeeze: float) -> BaseGeometry:
    return scale(geometry, xfact=squeeze, origin=(0, 0))
