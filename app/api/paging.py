"""Reads the requested page from the query parameters of a list."""

from app.core.schemas import ListIn
from app.db.paging import Cursor, CursorInvalid, PageOf
from app.domain.errors import FieldProblem, ValidationFailed


def page_asked(query: ListIn) -> PageOf:
    """The requested page. Raises `ValidationFailed` for a cursor we never made."""
    try:
        return PageOf(query.limit, Cursor.decode(query.cursor) if query.cursor else None)
    except CursorInvalid as invalid:
        problem = FieldProblem(
            "/query/cursor", "cursor_invalid", "This cursor was not made by this server."
        )
        raise ValidationFailed(problems=[problem]) from invalid
