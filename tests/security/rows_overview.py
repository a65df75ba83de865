"""A lead's day: who may."""

from tests.security.rows import READERS, Row, plain

ROWS: dict[str, Row] = {"get_overview": Row(READERS, plain(), foreign=None)}
