"""What can be wrong with a question about the audit log."""

from app.domain.errors import Conflict, NotFound, Retry, Unavailable


class EntryNotFound(NotFound):
    code = "audit_entry_not_found"
    title = "There is no such entry in the trail."


class CheckpointNotFound(NotFound):
    code = "checkpoint_not_found"
    title = "Nothing of this trail has been sealed yet."
    advice = "The first entries are sealed within seconds while a worker runs."


class NotHeld(Conflict):
    code = "not_held"
    title = "This database is not held."
    advice = "Only a restored copy is held, and only until it is released."


class EntryNotSealed(Conflict):
    code = "audit_entry_not_sealed"
    title = "This entry has not been sealed yet."
    advice = "Ask again in some seconds; while a worker runs, entries do not wait longer."
    retry = Retry.LATER


class ProofUnavailable(Unavailable):
    code = "proof_unavailable"
    title = "The kept hashes of this log do not lead to its signed root."
    advice = "Somebody changed them: run `cairn audit verify`."
    retry = Retry.NO
