"""What can be wrong with a request about linked concerns and what stands beside them."""

from app.domain.errors import Conflict, NotFound


class LinkedConcernNotFound(NotFound):
    code = "linked_concern_not_found"
    title = "There are no such linked concerns."


class LinkedConcernEnded(Conflict):
    code = "linked_concern_ended"
    title = "Somebody has looked at these or set them aside already."
    advice = "They come again when there is something new."


class NamedContentNotFound(NotFound):
    code = "named_content_not_found"
    title = "Nothing of this id was named."


class AlreadyMarked(Conflict):
    code = "already_marked"
    title = "This is noted on the concern already."


class CalendarNoteNotFound(NotFound):
    code = "calendar_note_not_found"
    title = "There is no such note in the calendar."
