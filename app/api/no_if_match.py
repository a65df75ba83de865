"""Reasons why a change needs no If-Match, from a short list."""

from enum import StrEnum
from typing import Any, Final

MARK: Final = "x-no-if-match"


class NoIfMatch(StrEnum):
    """An operation's value of `x-no-if-match`."""

    DANGER = "danger"
    ADDS = "adds"
    REPEATABLE = "repeatable"
    OWN = "own"
    AT_ONCE = "at_once"
    SENDS = "sends"
    READS = "reads"
    NO_VERSION = "no_version"
    SCIM = "scim"


REASONS: Final[dict[NoIfMatch, str]] = {
    NoIfMatch.DANGER: "An adult beside a pupil in danger sends it: no version may refuse it.",
    NoIfMatch.ADDS: "It only adds: nothing that somebody has read changes.",
    NoIfMatch.REPEATABLE: "A second time changes nothing, or the last word counts and the audit "
    "log keeps every one.",
    NoIfMatch.OWN: "It changes only what is the sender's own: a session, a factor, an invitation, "
    "a question to them.",
    NoIfMatch.AT_ONCE: "It ends, moves or replaces whatever is there at that moment.",
    NoIfMatch.SENDS: "It sends something again, or shows a secret: no field of the record changes.",
    NoIfMatch.READS: "It changes nothing: the body says what to look for.",
    NoIfMatch.NO_VERSION: "The sender is shown no version, and none of their steps undoes another.",
    NoIfMatch.SCIM: "RFC 7644 leaves If-Match to the client; where it is sent, it is held to.",
}


def describe_reasons(document: dict[str, Any]) -> None:
    """Describe each reason in the document."""
    document[f"{MARK}-reasons"] = {reason.value: text for reason, text in REASONS.items()}
