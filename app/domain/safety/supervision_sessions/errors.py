"""How a request about a supervision session can be refused."""

from app.domain.errors import Invalid, NotFound


class SupervisionNotFound(NotFound):
    code = "supervision_session_not_found"
    title = "There is no such supervision session of yours."


class SupervisionUnsuitable(Invalid):
    code = "supervision_session_unsuitable"
    title = "This cannot be a supervision session."
    advice = (
        "Name yourself and a present colleague. The supervisee leads on safeguarding, and what is "
        "agreed is for one of the two."
    )


class SupervisionPointsTooFar(Invalid):
    code = "supervision_session_points_too_far"
    title = "Both of you have to be able to open what the session points at."
    advice = "Leave out the child or concern, or speak of it without naming it."
