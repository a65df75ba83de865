"""Errors of requests about the support list."""

from app.domain.errors import Conflict, Invalid, NotFound


class SupportListEntryNotFound(NotFound):
    code = "support_list_entry_not_found"
    title = "Cairn cannot find this entry on the support list."


class SupportListUntilUnsuitable(Invalid):
    code = "support_list_until_unsuitable"
    title = "The end date must be in the future, within a year."


class HandOverNotFound(NotFound):
    code = "hand_over_note_not_found"
    title = "Cairn cannot find this note, or it was written to somebody else."


class HandOverAcknowledged(Conflict):
    code = "hand_over_acknowledged"
    title = "You have already acknowledged this note."


class HandOverPersonUnsuitable(Invalid):
    code = "hand_over_person_unsuitable"
    title = "This person does not work with the support list."
    advice = "Choose a lead, a deputy or the head."
