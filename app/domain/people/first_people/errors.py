"""Refusals to invite first people."""

from app.domain.errors import Conflict


class SchoolAppoints(Conflict):
    code = "school_appoints"
    title = "This school appoints its own people now."
    advice = (
        "Ask the school's administrator or safeguarding lead: somebody in this role has joined, or"
        " the school already holds a record. Only the people who run Cairn appoint a head or "
        "chair."
    )
