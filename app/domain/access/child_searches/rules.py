"""How long a search lasts."""

from datetime import timedelta
from typing import Final

PAUSE: Final = timedelta(minutes=2)
"""A search ends after this long without another key."""
LONGEST: Final = timedelta(minutes=10)
MOST_CHILDREN: Final = 500
"""Seeing more starts another search, so that one log entry stays readable."""
