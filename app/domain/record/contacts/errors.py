"""Refusals of requests about contacts."""

from app.domain.errors import NotFound


class ContactNotFound(NotFound):
    code = "contact_not_found"
    title = "Cairn cannot find this contact of the child."
