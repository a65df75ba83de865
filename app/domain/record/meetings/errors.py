"""What can be wrong with a request about a meeting."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class MeetingNotFound(NotFound):
    code = "meeting_not_found"
    title = "There is no such meeting."


class MeetingEnded(Conflict):
    code = "meeting_ended"
    title = "This meeting was held or cancelled already."
    advice = "Correct what was written down, or set a new meeting."


class MeetingNotHeld(Conflict):
    code = "meeting_not_held"
    title = "Nothing was written down about this meeting yet."
    advice = "Record its outcome first."
    retry = Retry.SAME


class MeetingNotBegun(Invalid):
    code = "meeting_not_begun"
    title = "This meeting has not begun yet."
    advice = "Send held_at where it was held earlier than planned."


class MeetingPersonUnsuitable(Invalid):
    code = "meeting_person_unsuitable"
    title = (
        "A member of staff cannot be named here: they have left, or have a conflict of interest."
    )
    advice = "Remove the person, or ask the lead."


class MeetingOwnerUnsuitable(Invalid):
    code = "meeting_owner_unsuitable"
    title = "This person cannot own it: they do not read its class, or have a conflict of interest."
    advice = "Choose a present lead, or a pastoral colleague for what is not sealed."
