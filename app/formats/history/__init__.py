"""What another system kept about children: `cairn-history/1` in, rows and coded problems out."""

from app.formats.history.columns import KINDS
from app.formats.history.mapping import HistoryMapping, filled, mapping_of, missing_of
from app.formats.history.moments import Occurred, read_moment
from app.formats.history.packages import Files, FileSource, open_history, table_of
from app.formats.history.problems import CODES, LOUDEST, Problem
from app.formats.history.reader import History
from app.formats.history.rows import Entry, Row

__all__ = [
    "CODES", "KINDS", "LOUDEST", "Entry", "FileSource", "Files", "History", "HistoryMapping",
    "Occurred", "Problem", "Row", "filled", "mapping_of", "missing_of", "open_history",
    "read_moment", "table_of",
]  # fmt: skip
