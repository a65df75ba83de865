"""Refusals to decide on a change that waits."""

from app.domain.errors import Conflict, NotFound


class ProposedChangeNotFound(NotFound):
    code = "proposed_change_not_found"
    title = "Cairn cannot find this change."


class ChangeDecided(Conflict):
    code = "change_decided"
    title = "This change no longer waits."
    advice = "List the changes again."
