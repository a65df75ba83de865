"""Errors of steps on the pathway."""

from collections.abc import Sequence
from typing import Self

from app.domain.errors import Conflict, FieldProblem, Invalid, Retry


class PupilUnknown(Invalid):
    code = "pupil_unknown"
    title = "This concern is not about all of these pupils."
    advice = (
        "Name pupils who have the part `subject` or `harmed` in the concern, or leave out "
        "`child_ids` to mean all of them."
    )

    @classmethod
    def at(cls, places: Sequence[int]) -> Self:
        """The refusal, with the positions of unknown pupils in the request."""
        text = "The concern is not about this pupil."
        return cls(
            problems=[
                FieldProblem(f"/child_ids/{index}", "pupil_unknown", text) for index in places
            ]
        )


class NoContactAsked(Conflict):
    code = "no_contact_asked"
    title = "This task does not ask anybody to contact a pupil."
    advice = "See `ends_by` of the task for the operation that ends it."


class NoPathway(Conflict):
    code = "no_pathway"
    title = "This concern records no self-harm or thoughts of suicide."
    advice = "If there was any, amend the concern with what was said."


class CheckUnknown(Invalid):
    code = "check_unknown"
    title = "Cairn cannot find this safety check among those of the pupils it is about."
    advice = "Record that pupil's safety check first, or say here who spoke with them."


class SettlesLater(Conflict):
    code = "settles_later"
    title = "Something new was said not long ago."
    advice = "To settle it now, give your reasons."
    retry = Retry.CHANGED


class NobodyMatched(Invalid):
    code = "nobody_matched"
    title = "None of these children is the pupil it is about."
    advice = "Name the pupil with the part `subject` or `harmed`, even if they are in it already."


class PupilMissing(Conflict):
    code = "pupil_missing"
    title = "The other concern is not about every pupil in this one."
    advice = "Keep both, or add the pupil's part to the other concern first."


class CheckInsOverdue(Conflict):
    code = "check_ins_overdue"
    title = "A check-in with the pupil is overdue, so this stays open."
    advice = "Record what happened with the check-in first."
    retry = Retry.SAME


class ReferralUnanswered(Conflict):
    code = "referral_unanswered"
    title = "An agency has not answered a referral yet, so this stays open."
    advice = "Ask the agency, and record what they said."
    retry = Retry.SAME


class TasksOpen(Conflict):
    code = "tasks_open"
    title = "Somebody still has something to do about this, so it stays open."
    advice = "`GET /v1/tasks?concern_id=` shows what it is. Finish it, or say why it is not needed."
    retry = Retry.SAME


class NamedBesides(Invalid):
    code = "named_besides"
    title = "Other children named in a report can only be linked, or witnesses."
    advice = (
        "Give them the role linked or witness. If they need one, raise a separate concern about "
        "them."
    )


class NothingToMatch(Conflict):
    code = "nothing_to_match"
    title = "Somebody has already said which child this is about."
    advice = "Open the concern again."
