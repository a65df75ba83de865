"""What can be wrong with a wish about ties, linked worries and what stands beside them."""

from app.domain.errors import Conflict, NotFound


class TieNotFound(NotFound):
    code = "tie_not_found"
    title = "There is no such tie."


class TieEnded(Conflict):
    code = "tie_ended"
    title = "This tie has ended."
    advice = "State it anew if it is so again."


class TieConfirmed(Conflict):
    code = "tie_confirmed"
    title = "Somebody has confirmed this tie already."


class LinkedWorryNotFound(NotFound):
    code = "linked_worry_not_found"
    title = "There are no such linked worries."


class LinkedWorryEnded(Conflict):
    code = "linked_worry_ended"
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
