"""What can be wrong with a wish about a signpost or a local pack."""

from app.domain.errors import Conflict, NotFound


class SignpostNotFound(NotFound):
    code = "signpost_not_found"
    title = "There is no such signpost."


class SignpostEnded(Conflict):
    code = "signpost_ended"
    title = "This signpost is no longer shown."
    advice = "Add a new one."


class SignpostAdopted(Conflict):
    code = "signpost_adopted"
    title = "The school has checked this one already."
    advice = "Change the school's row of it."


class LocalPackNotFound(NotFound):
    code = "local_pack_not_found"
    title = "The school has no pack of this authority."
