"""Reasons that prevent a concern from moving to the adult register."""

from app.domain.errors import Conflict, Retry


class KeepsPupilSafe(Conflict):
    code = "keeps_pupil_safe"
    title = (
        "This concern keeps a pupil safe: it has safety records, or is about self-harm. It cannot "
        "be moved."
    )
    advice = (
        "Leave it with the leads. Report the adult separately with `POST /v1/adult-concerns`, and "
        "name the adult in this concern so that they cannot read it."
    )


class ConcernHasOpenWork(Conflict):
    code = "concern_has_open_work"
    title = "A share, referral, review, case or plan of this concern is still open."
    advice = (
        "End it first, or report the adult separately with `POST /v1/adult-concerns`. Actions and "
        "tasks can stay open. If you cannot find it, ask a safeguarding lead."
    )
    retry = Retry.SAME
