"""Errors of requests about reviews."""

from app.domain.errors import Conflict, Invalid, NotFound


class ReviewNotFound(NotFound):
    code = "review_not_found"
    title = "Cairn cannot find this review."


class ReviewEnded(Conflict):
    code = "review_ended"
    title = "This review has already ended."
    advice = "Set a new one."


class ReviewOwnerUnsuitable(Invalid):
    code = "review_owner_unsuitable"
    title = (
        "This person cannot own the review: they do not read its class, or have a conflict of "
        "interest."
    )
    advice = "Choose a lead who works here now, or a pastoral colleague who reads its class."


class ReviewDueUnsuitable(Invalid):
    code = "review_due_unsuitable"
    title = "A review needs a time in the future, or an interval."
    advice = "Send a due_at in the future (next_due_at when completing), or `every`."
