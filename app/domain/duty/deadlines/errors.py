"""Errors of requests for the clocks of a record."""

from app.domain.errors import NotFound


class RecordNotFound(NotFound):
    code = "record_not_found"
    title = "Cairn cannot find this record."
    advice = (
        "Check the kind and the ID. You get the same answer for a record that you may not open."
    )
