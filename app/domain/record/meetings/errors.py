"""Errors of requests about meetings."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class MeetingNotFound(NotFound):
    code = "meeting_not_found"
    title = "Cairn cannot find this meeting."


class MeetingEnded(Conflict):
    code = "meeting_ended"
    title = "This meeting has already been held or cancelled."
    advice = "Correct what was recorded, or set a new meeting."


class MeetingNotHeld(Conflict):
    code = "meeting_not_held"
    title = "Nobody has recorded anything about this meeting yet."
    advice = "Record its outcome first."
    retry = Retry.SAME


class MeetingNotBegun(Invalid):
    code = "meeting_not_begun"
    title = "This meeting has not started yet."
    advice = "If it was held earlier than planned, send held_at."


class MeetingPersonUnsuitable(Invalid):
    code = "meeting_person_unsuitable"
    title = (
        "A member of staff cannot be named here: they have left, or have a conflict of interest."
    )
    advice = "Leave that person out, or ask the lead."


class MeetingOwnerUnsuitable(Invalid):
    code = "meeting_owner_unsuitable"
    title = (
        "This person cannot own the meeting: they do not read its class, or have a conflict of "
        "interest."
    )
    advice = "Choose a lead who works here now, or a pastoral colleague who reads its class."
