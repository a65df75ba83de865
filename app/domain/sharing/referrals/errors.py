"""What can be wrong with a request about a referral."""

from app.domain.errors import Conflict, Forbidden, Retry


class DutyIsTheirs(Forbidden):
    code = "duty_is_theirs"
    title = "This report is somebody's own duty in law, and it is theirs to change or stop."
    advice = "Add answers that are missing; whose duty it is sends the report."


class QuestionOpen(Conflict):
    code = "question_open"
    title = "The agency asked something that nobody has answered yet."
    advice = "Answer it first; once it is closed they read no answer any more."
    retry = Retry.SAME


class NoAddress(Conflict):
    code = "no_address"
    title = "The agency has no address for this route."
    advice = "Give the agency an email address or a webhook, or send it another way."
    retry = Retry.SAME
