"""What can go wrong when the clocks of a record are asked for."""

from app.domain.errors import NotFound


class RecordNotFound(NotFound):
    code = "record_not_found"
    title = "There is no such record."
    advice = "Check the noun and the id; a record that you may not open is not there for you."
