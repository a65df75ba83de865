"""What can be wrong with a step on the pathway."""

from collections.abc import Sequence
from typing import Self

from app.domain.errors import Conflict, FieldProblem, Invalid, Retry


class PupilUnknown(Invalid):
    code = "pupil_unknown"
    title = "This concern is not about all of these pupils."
    advice = (
        "Name pupils of the concern with the part `subject` or `harmed`, or leave `child_ids` out "
        "to mean every one of them."
    )

    @classmethod
    def at(cls, places: Sequence[int]) -> Self:
        """The refusal that says which of those that were sent are none."""
        said = "The concern is not about this pupil."
        return cls(
            problems=[FieldProblem(f"/child_ids/{one}", "pupil_unknown", said) for one in places]
        )


class NoContactAsked(Conflict):
    code = "no_contact_asked"
    title = "This task asks nobody to be in touch with a pupil."
    advice = "`ends_by` of the task names the operation that ends it."


class NoPathway(Conflict):
    code = "no_pathway"
    title = "This concern tells of no self-harm or thoughts of suicide."
    advice = "If something was, amend the concern with what was told."


class CheckUnknown(Invalid):
    code = "check_unknown"
    title = "There is no such safety check of a pupil this is about."
    advice = "Write the safety check of that pupil first, or say here who spoke with them."


class SettlesLater(Conflict):
    code = "settles_later"
    title = "Something new was told not long ago."
    advice = "You can settle it now with your reasons."
    retry = Retry.CHANGED


class NobodyMatched(Invalid):
    code = "nobody_matched"
    title = "None of these is the pupil it is about."
    advice = "Name the pupil with the part `subject` or `harmed`, even if they are in it already."


class PupilMissing(Conflict):
    code = "pupil_missing"
    title = "The other concern is not about every pupil of this one."
    advice = "Keep both, or add the pupil's part to the other concern first."


class CheckInsOverdue(Conflict):
    code = "check_ins_overdue"
    title = "A check-in with the pupil is overdue, so this stays open."
    advice = "Write down what became of the check-in first."
    retry = Retry.SAME


class ReferralUnanswered(Conflict):
    code = "referral_unanswered"
    title = "An agency has not answered a referral yet, so this stays open."
    advice = "Ask the agency, and write down what they said."
    retry = Retry.SAME


class TasksOpen(Conflict):
    code = "tasks_open"
    title = "Somebody still has something to do about this, so it stays open."
    advice = "`GET /v1/tasks?concern_id=` shows what; finish it, or say why it is not needed."
    retry = Retry.SAME


class NamedBesides(Invalid):
    code = "named_besides"
    title = "Other children that a report names are linked, or witnesses."
    advice = "Give them the role linked or witness; raise a concern of their own where it is owed."


class NothingToMatch(Conflict):
    code = "nothing_to_match"
    title = "It is known already which child this is about."
    advice = "Read the concern again."
