"""Refusals to found a school."""

from app.domain.errors import Conflict


class SchoolExists(Conflict):
    code = "school_exists"
    title = "The trust already has a school with this name or URN."
    advice = "Open it with GET /v1/schools. Its own people can change its details."
