"""Why a link between a person and a child ends."""

from app.core.schemas import In, Line


class ConflictEndIn(In):
    """Why a link is wrong, or over."""

    reason: Line
