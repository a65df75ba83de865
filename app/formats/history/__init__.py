"""What another system kept about children: `cairn-history/1` in, rows and coded problems out."""

from app.formats.history.columns import KINDS
from app.formats.history.moments import Occurred
from app.formats.history.packages import Files, Said, open_history
from app.formats.history.problems import CODES, LOUDEST, Problem
from app.formats.history.reader import History
from app.formats.history.rows import Entry, Row

__all__ = [
    "CODES", "KINDS", "LOUDEST", "Entry", "Files", "History", "Occurred", "Problem", "Row", "Said",
    "open_history",
]  # fmt: skip
