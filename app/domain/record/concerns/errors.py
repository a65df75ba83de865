"""What can be wrong with a request about a concern."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class ConcernEnded(Conflict):
    code = "concern_ended"
    title = "This concern has ended."
    advice = "Reopen it first, or raise a new concern."
    retry = Retry.SAME


class ConcernHasOpenActions(Conflict):
    code = "concern_has_open_actions"
    title = "Actions of this concern are still open."
    advice = "Complete or drop every action first."
    retry = Retry.SAME


class SignaturePending(Conflict):
    code = "signature_pending"
    title = "Another person has to sign this first."
    advice = "Let them countersign or refuse it."
    retry = Retry.SAME


class NothingToSign(Conflict):
    code = "nothing_to_sign"
    title = "Nothing of this concern needs a second signature."
    advice = "Propose a closure or a withdrawal first."


class OwnerUnsuitable(Invalid):
    code = "owner_unsuitable"
    title = "This person cannot own it: no present role here that works on concerns."
    advice = "Choose a safeguarding lead, deputy, head or pastoral member of this school."


class MergeTargetUnsuitable(Invalid):
    code = "merge_target_unsuitable"
    title = "This cannot be a duplicate of that concern."
    advice = "Name another, living concern that shares a child with this one."


class ChildUnknown(Invalid):
    code = "child_unknown"
    title = "A child named in the concern does not exist in this school."
    advice = "Search the child again and use its id."


class StatementUnknown(Invalid):
    code = "statement_unknown"
    title = "There is no such statement in this concern."
    advice = "Use the id of one of its statements."


class StatementKindTold(Conflict):
    code = "statement_kind_told"
    title = "Whose words this statement is was said already."
    advice = "Add a correction in words; the first is kept."


class ReporterOutOfReach(Conflict):
    code = "reporter_out_of_reach"
    title = (
        "Its reporter cannot be asked or told: it is you, or they left or have an interest in it."
    )
    advice = "Speak with them where that is right, and write it down as a comment."


class QuestionUnknown(NotFound):
    code = "question_unknown"
    title = "There is no such question to you."
    advice = "Read the concern again."


class QuestionAnswered(Conflict):
    code = "question_answered"
    title = "This question was answered already."
    advice = "Add more as an amendment."


class OccurredInFuture(Invalid):
    code = "occurred_in_future"
    title = "What happened cannot be in the future."
    advice = "Check the date and time."
