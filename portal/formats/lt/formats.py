"""Content only: the page around it is in bokmål, dates and numbers too."""

from portal.formats.nb.formats import *  # noqa: F403
