"""When a search goes on, and when it has ended."""

from datetime import timedelta
from typing import Final

PAUSE: Final = timedelta(minutes=2)
"""Without another key for so long, a search has ended."""
LONGEST: Final = timedelta(minutes=10)
MOST_CHILDREN: Final = 500
"""Whoever sees more begins another search, so that an entry stays of a size to read."""
