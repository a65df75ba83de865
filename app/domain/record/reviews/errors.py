"""What can be wrong with a request about a review."""

from app.domain.errors import Conflict, Invalid, NotFound


class ReviewNotFound(NotFound):
    code = "review_not_found"
    title = "There is no such review."


class ReviewEnded(Conflict):
    code = "review_ended"
    title = "This review has ended already."
    advice = "Set a new one."


class ReviewOwnerUnsuitable(Invalid):
    code = "review_owner_unsuitable"
    title = "This person cannot own it: they do not read its class, or have a conflict of interest."
    advice = "Choose a present lead, or a pastoral colleague for what is not sealed."


class ReviewDueUnsuitable(Invalid):
    code = "review_due_unsuitable"
    title = "A review needs a time to come, or an interval."
    advice = "Send due_at (next_due_at when completing) after now, or `every`."
