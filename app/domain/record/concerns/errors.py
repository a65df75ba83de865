"""Errors of requests about concerns."""

from typing import Self

from app.domain.errors import Conflict, FieldProblem, Invalid, NotFound, Retry


class ConcernEnded(Conflict):
    code = "concern_ended"
    title = "This concern has ended."
    advice = "Reopen it first, or raise a new concern."
    retry = Retry.SAME


class ConcernHasOpenActions(Conflict):
    code = "concern_has_open_actions"
    title = "This concern still has open actions."
    advice = "Complete or drop every action first."
    retry = Retry.SAME


class SignaturePending(Conflict):
    code = "signature_pending"
    title = "Another person has to sign this first."
    advice = "Ask somebody who may sign to countersign it or refuse it."
    retry = Retry.SAME


class NothingToSign(Conflict):
    code = "nothing_to_sign"
    title = "Nothing in this concern needs a second signature."
    advice = "Propose a closure or a withdrawal first."


class OwnerUnsuitable(Invalid):
    code = "owner_unsuitable"
    title = "This person cannot own the concern."
    advice = "Choose a safeguarding lead, deputy, head or pastoral colleague at this school."


class MergeTargetUnsuitable(Invalid):
    code = "merge_target_unsuitable"
    title = "This cannot be a duplicate of that concern."
    advice = "Choose another concern about the same child that is still open."


class ChildUnknown(Invalid):
    code = "child_unknown"
    title = "Cairn cannot find a child named in the concern at this school."
    advice = "Search for the child again and use the ID you find."


class StatementUnknown(Invalid):
    code = "statement_unknown"
    title = "Cairn cannot find this statement in the concern."
    advice = "Use the ID of one of its statements."


class StatementKindTold(Conflict):
    code = "statement_kind_told"
    title = "Somebody has already recorded whose words these are."
    advice = "If that is wrong, add a correction in words. What was first recorded stays."


class ReporterOutOfReach(Conflict):
    code = "reporter_out_of_reach"
    title = (
        "You cannot ask or tell the reporter: it is you, they have left, or they have a conflict "
        "of interest."
    )
    advice = "If it is right to, speak to them in person. Record it as a comment."


class QuestionUnknown(NotFound):
    code = "question_unknown"
    title = "Nobody has asked you this question."
    advice = "Open the concern again."


class QuestionAnswered(Conflict):
    code = "question_answered"
    title = "Somebody has already answered this question."
    advice = "To add more, amend the concern."


class OccurredInFuture(Invalid):
    code = "occurred_in_future"
    title = "The date or time of what happened is in the future."
    advice = "Check the date and time."

    @classmethod
    def at(cls, pointer: str) -> Self:
        """The refusal with a pointer to its field."""
        text = "It is in the future: check the date."
        return cls(problems=[FieldProblem(pointer, cls.code, text)])
