"""Every way a request can be refused.

    CairnError
    |-- NotFound       what was asked for does not exist, or not for this person
    |-- Forbidden      visible, but not allowed
    |-- Conflict       not possible in the present state
    |-- Invalid        the request itself is wrong; `problems` points at the fields
    |-- Unauthenticated  who asks is not known, or no longer
    |-- Unavailable    nothing wrong with the request; try again

Each leaf has a stable `code` and a plain sentence; neither repeats what was submitted.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias, TypeVar
from uuid import UUID

from app.core.limits import Policy

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One fault in a request: a JSON Pointer, a code and a sentence."""

    pointer: str
    code: str
    detail: str


Afterwards: TypeAlias = Callable[[Any], Awaitable[None]]
"""Work done in its own unit of work even though the request was refused."""


class Retry(StrEnum):
    """Whether and how to send a refused request again."""

    NO = "no"
    SAME = "same"
    LATER = "later"
    CHANGED = "changed"


class CairnError(Exception):
    """A refusal with a stable code."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Refused"
    advice: ClassVar[str] = ""
    retry: ClassVar[Retry] = Retry.CHANGED
    afterwards: Afterwards | None = None
    """Runs while the refusal is logged, so that those who watch over it learn of the attempt."""

    def __init__(self, detail: str | None = None, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(self.code)
        self.detail = detail or self.title
        self.problems = tuple(problems)


class NotFound(CairnError):
    """The record does not exist for this person."""

    advice = "Check the address and the ID. You get the same answer for records you may not open."
    retry = Retry.NO


class Forbidden(CairnError):
    """The person can see it, but their role does not allow this."""

    retry = Retry.NO


class Conflict(CairnError):
    """The present state does not allow it."""

    advice = "Open it again to see how it stands now."
    retry = Retry.NO


class Invalid(CairnError):
    """The request itself is wrong."""

    advice = "Correct it and send it again."


class Unauthenticated(CairnError):
    """The caller is unknown, or their sign-in has ended."""

    retry = Retry.SAME


class Unavailable(CairnError):
    """The request is right; it may succeed later."""

    retry = Retry.LATER


class PermissionMissing(Forbidden):
    code = "permission_missing"
    title = "Your role does not allow this."
    advice = "Ask a safeguarding lead or administrator."


class SecondPersonNeeded(Forbidden):
    code = "second_person_needed"
    title = "A second person has to do this."
    advice = "Ask another person who has permission to sign."


class SignInNeeded(Unauthenticated):
    code = "sign_in_needed"
    title = "You are not signed in."
    advice = "Get an access token from POST /v1/auth/token and send it as a bearer token."


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    title = "The access token is not valid."
    advice = "Get a new one with the refresh token, or sign in again."


class SessionOver(Unauthenticated):
    code = "session_over"
    title = "This session has ended."
    advice = "Sign in again."


class SecondFactorNeeded(Forbidden):
    code = "second_factor_needed"
    title = "Your role needs two-step sign-in."
    advice = "Set up an authenticator app or passkey. If you have one, sign in again with it."
    retry = Retry.SAME


class StepUpNeeded(Unauthenticated):
    code = "step_up_needed"
    title = "Confirm it is you."
    advice = "Enter a code, passkey or password."

    def __init__(self, max_age: int) -> None:
        super().__init__()
        self.max_age = max_age
        self.extra = {"max_age": max_age}


class ConflictOfInterest(Forbidden):
    code = "conflict_of_interest"
    title = "A conflict of interest blocks your access."
    advice = "If this is wrong, ask a safeguarding lead."


class FileLimited(Forbidden):
    code = "file_limited"
    title = "Access to this file is restricted."
    advice = "To add information, raise a concern."


class ValidationFailed(Invalid):
    code = "validation_failed"
    title = "Some details are missing or not valid."
    advice = "Correct the listed fields."


class VersionStale(Conflict):
    code = "version_stale"
    title = "Someone changed this record. Your changes are not saved."
    advice = "Copy your text, reload, then add it again."
    retry = Retry.CHANGED


class AlreadyExists(Conflict):
    code = "already_exists"
    title = "A record with this ID or number already exists."
    advice = "Choose a new ID, or open the record that exists."
    retry = Retry.CHANGED


class StateConflict(Conflict):
    code = "state_conflict"
    title = "You cannot do this at this stage."
    advice = "Reload to see what you can do."


class RecordBusy(Unavailable):
    code = "record_busy"
    title = "Someone else is saving this record."
    advice = "Try again in a few seconds."


class ServiceUnavailable(Unavailable):
    code = "service_unavailable"
    title = "Cairn cannot do this at the moment."
    advice = "Try again with the same Idempotency-Key. Nothing is half saved."


class HeldAfterRestore(Unavailable):
    code = "held_after_restore"
    title = "This is a restored copy that nobody has released yet."
    advice = "Speak to a safeguarding lead in person or by phone. Nothing is saved here."


class SchoolNotFound(NotFound):
    code = "school_not_found"
    title = "Cairn cannot find this school among yours."


class StaffNotFound(NotFound):
    code = "staff_not_found"
    title = "Cairn cannot find this member of staff."


class ChildNotFound(NotFound):
    code = "child_not_found"
    title = "Cairn cannot find this child."


class ChildMerged(ChildNotFound):
    code = "child_merged"
    title = "This child's record was merged into another, because they were one pupil."
    advice = "Send it again for the child in `merged_into`."
    retry = Retry.CHANGED

    def __init__(self, goes_on: UUID) -> None:
        super().__init__()
        self.goes_on = goes_on
        self.extra = {"merged_into": str(goes_on)}


class ConcernMoved(Conflict):
    code = "concern_moved"
    title = "This concern has moved to another register."
    advice = "Send it to `/v1/adult-concerns/{id}`, with the same ID."
    retry = Retry.CHANGED


class ConcernNotFound(NotFound):
    code = "concern_not_found"
    title = "Cairn cannot find this concern."


class VocabularyNotFound(NotFound):
    code = "vocabulary_not_found"
    title = "Cairn cannot find this vocabulary."


class PageNotFound(NotFound):
    code = "not_found"
    title = "There is nothing at this address."


class FileFrozen(Conflict):
    code = "file_frozen"
    title = "Entries made before the death cannot be changed."
    advice = "Add a new entry."


class FileLocked(Conflict):
    code = "file_locked"
    title = "This child's file has gone to another school and is read-only here."
    advice = (
        "If something comes to light late, raise a concern: it is sent on after the file. Two "
        "people together can unlock the file."
    )


def require_row(row: Row | None, missing: type[CairnError]) -> Row:
    """Return the row. Raises `missing` if there is none."""
    if row is None:
        raise missing
    return row


class TooManyRequests(CairnError):
    code = "too_many_requests"
    title = "Too many requests; wait before trying again."
    advice = "Wait for the time given in Retry-After. `RateLimit-Policy` gives the limits."
    retry = Retry.LATER

    def __init__(self, policy: Policy, seconds: float) -> None:
        super().__init__()
        self.policy = policy
        self.seconds = max(1, int(-(-seconds // 1)))
