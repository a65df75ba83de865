"""Errors of questions about the audit log."""

from app.domain.errors import Conflict, NotFound, Retry, Unavailable


class EntryNotFound(NotFound):
    code = "audit_entry_not_found"
    title = "Cairn cannot find this entry in the audit log."


class CheckpointNotFound(NotFound):
    code = "checkpoint_not_found"
    title = "No part of this audit log has been sealed yet."
    advice = "Try again in a few seconds. If that does not help, check that a worker is running."


class NotHeld(Conflict):
    code = "not_held"
    title = "This database is not held."
    advice = "Only a restored copy is held, and only until it is released."


class EntryNotSealed(Conflict):
    code = "audit_entry_not_sealed"
    title = "This entry has not been sealed yet."
    advice = "Try again in a few seconds. If that does not help, check that a worker is running."
    retry = Retry.LATER


class ProofUnavailable(Unavailable):
    code = "proof_unavailable"
    title = "The stored hashes of this audit log do not match its signed root."
    advice = "Somebody changed them: run `cairn audit verify`."
    retry = Retry.NO
