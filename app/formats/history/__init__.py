"""What another system kept about children: `cairn-history/1` in, rows and coded problems out."""

from app.formats.history.columns import KINDS
from app.formats.history.moments import Occurred
from app.formats.history.problems import CODES, LOUDEST, Problem
from app.formats.history.reader import History
from app.formats.history.rows import Entry, Row

__all__ = ["CODES", "KINDS", "LOUDEST", "Entry", "History", "Occurred", "Problem", "Row"]
