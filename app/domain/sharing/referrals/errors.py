"""Errors of requests about referrals."""

from app.domain.errors import Conflict, Forbidden, Retry


class DutyIsTheirs(Forbidden):
    code = "duty_is_theirs"
    title = "This report is a colleague's own duty in law, so only they can change or stop it."
    advice = "Add any missing answers. The person who has the duty sends the report."


class QuestionOpen(Conflict):
    code = "question_open"
    title = "The agency asked something that nobody has answered yet."
    advice = "Answer it first. Once it is closed, the agency can no longer read an answer."
    retry = Retry.SAME


class NoAddress(Conflict):
    code = "no_address"
    title = "The agency has no address for this route."
    advice = "Give the agency an email address or a webhook, or send it another way."
    retry = Retry.SAME
