"""Refusals of requests about sanctions."""

from app.domain.errors import Conflict, NotFound


class SanctionNotFound(NotFound):
    code = "sanction_not_found"
    title = "Cairn cannot find this sanction of the child."


class SanctionLookedAt(Conflict):
    code = "sanction_looked_at"
    title = "Somebody has already looked at this."
