"""Rows of the matrix: the stream of events and the list of changes."""

from tests.security.rows import EVERYBODY, R, Row, plain

TOLD = EVERYBODY - {R.GOVERNOR}
ROWS = {
    "list_changes": Row(TOLD, plain(), None),
    "stream_events": Row(TOLD, plain(), None),
}
