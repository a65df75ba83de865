"""Errors of requests about linked concerns and their notes."""

from app.domain.errors import Conflict, NotFound


class LinkedConcernNotFound(NotFound):
    code = "linked_concern_not_found"
    title = "Cairn cannot find these linked concerns."


class LinkedConcernEnded(Conflict):
    code = "linked_concern_ended"
    title = "Somebody has already looked at these, or set them aside."
    advice = "There is nothing to do now. They come back when there is something new."


class NamedContentNotFound(NotFound):
    code = "named_content_not_found"
    title = "Cairn cannot find what was named."


class AlreadyMarked(Conflict):
    code = "already_marked"
    title = "Somebody has already noted this on the concern."


class CalendarNoteNotFound(NotFound):
    code = "calendar_note_not_found"
    title = "Cairn cannot find this note in the calendar."
