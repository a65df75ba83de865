"""Refusals of requests about supervision sessions."""

from app.domain.errors import Invalid, NotFound


class SupervisionNotFound(NotFound):
    code = "supervision_session_not_found"
    title = "Cairn cannot find this supervision session among yours."


class SupervisionUnsuitable(Invalid):
    code = "supervision_session_unsuitable"
    title = "This cannot be a supervision session."
    advice = (
        "Name yourself and a colleague who works here now. The supervisee must lead on "
        "safeguarding, and each action must be for one of you two."
    )


class SupervisionPointsTooFar(Invalid):
    code = "supervision_session_points_too_far"
    title = "Both of you must be able to open the records that the session names."
    advice = "Leave out the child or concern, or write about it without naming it."
