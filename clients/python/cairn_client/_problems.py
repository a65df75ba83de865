"""What the server answers instead of what was asked for (RFC 9457), and what never came."""

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict

import httpx


class FieldFault(TypedDict):
    """A fault of one field: `pointer` is a JSON Pointer into what was sent."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal. Switch on `code`; `GET /v1/problems` explains every code."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.body: Mapping[str, Any] = body_of(response)
        """Everything the answer says, with what only this code has."""
        self.code = str(self.body.get("code", ""))
        self.title = str(self.body.get("title", ""))
        self.detail = str(self.body.get("detail", ""))
        self.instance = str(self.body.get("instance", ""))
        """The id of the request, to quote when asking for help."""
        self.errors: Sequence[FieldFault] = self.body.get("errors") or ()
        self.retry_after = seconds_in(response)
        """Seconds until trying again makes sense, where the server says so."""
        said = [self.detail or self.title]
        said += [f"{one['pointer']}: {one['detail']}" for one in self.errors]
        super().__init__(f"{self.status} {self.code}: {' '.join(said)}")


class Conflict(Problem):
    """412: somebody else changed the record first. Nothing was saved; here are both versions."""

    def __init__(
        self, response: httpx.Response, mine: object, theirs: object, etag: str | None
    ) -> None:
        super().__init__(response)
        self.mine = mine
        """What was sent."""
        self.theirs = theirs
        """The record as it is now; None where it cannot be read by itself."""
        self.etag = etag
        """The ETag of `theirs`."""


class NoAnswer(Exception):
    """No answer came, so that nobody knows whether it was done."""

    def __init__(self, message: str = "The server gave no answer.") -> None:
        super().__init__(message)


def body_of(response: httpx.Response) -> Mapping[str, Any]:
    """What an answer says; a body that is no problem (of a proxy, say) counts as empty."""
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def seconds_in(response: httpx.Response) -> float | None:
    """`Retry-After` in seconds, given as such or as a date."""
    said = response.headers.get("Retry-After")
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (parsedate_to_datetime(said) - sent).total_seconds())
    except (TypeError, ValueError):
        return None
