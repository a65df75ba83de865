"""Turns failure families into RFC 9457 problems by one small table."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from app.core.schemas import BodyFault
from app.domain import errors
from app.domain.errors import CairnError, FieldProblem, Retry, TooManyRequests
from app.domain.people.passkeys.errors import PasskeyRefused
from app.domain.people.provisioning.errors import ScimRefused
from app.domain.people.second_factors.errors import OtpNeeded, OtpRefused
from app.domain.people.service_keys.errors import ScopeRefused
from app.domain.people.sessions.errors import CredentialsRefused, RefreshRefused
from app.domain.people.sign_in_guards.errors import SignInLocked

PROBLEM_TYPE = "application/problem+json"


class PreconditionNeeded(CairnError):
    code = "precondition_needed"
    title = "This change needs an If-Match header."
    advice = "Read the record, then send the change again with its ETag in If-Match."


class BodyMalformed(CairnError):
    code = "body_malformed"
    title = "The body does not match its content type."
    advice = "Check the syntax: valid UTF-8, and one valid JSON object."


class BodyTooLarge(CairnError):
    code = "body_too_large"
    title = "The body is larger than this operation accepts."
    advice = "Send less at once."


class HeadTooLarge(CairnError):
    code = "head_too_large"
    title = "The header fields are larger than this server accepts."
    advice = "Send fewer or shorter header fields, or a shorter address."


class RequestTooSlow(CairnError):
    code = "request_too_slow"
    title = "The request took too long to arrive."
    advice = "Send it again over a better connection. Nothing was done."
    retry = Retry.LATER


class MediaTypeUnsupported(CairnError):
    code = "media_type_unsupported"
    title = "This operation does not accept this content type."
    advice = "Use a content type named in the API description."


class MethodNotAllowed(CairnError):
    code = "method_not_allowed"
    title = "This address does not accept this method."
    advice = "Use one of the methods listed in `Allow`."
    retry = Retry.NO


class IdempotencyKeyInvalid(errors.Invalid):
    code = "idempotency_key_invalid"
    title = "The Idempotency-Key must be 1 to 255 visible ASCII characters."
    advice = "Use a new UUID for each write."


class IdempotencyKeyReused(errors.Invalid):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request."
    advice = "Use a new key for every new write. Repeat a write with its own key."


class IdempotencyKeyInProgress(errors.Conflict):
    code = "idempotency_key_in_progress"
    title = "The first request with this Idempotency-Key is still running."
    advice = "Repeat it in a few seconds."
    retry = Retry.LATER


class InternalFault(CairnError):
    code = "internal_fault"
    title = "Something went wrong on our side; nothing is half saved."
    advice = "Try again. If it happens again, send the `instance` of this problem to the operator."
    retry = Retry.LATER


GRANT_REFUSED = (
    CredentialsRefused, OtpNeeded, OtpRefused, PasskeyRefused, RefreshRefused, SignInLocked,
)  # fmt: skip
"""What OAuth 2 calls `invalid_grant` (RFC 6749, 5.2)."""
STATUS: dict[type[CairnError], int] = {
    BodyMalformed: 400,
    ScimRefused: 400,
    ScopeRefused: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    RequestTooSlow: 408,
    errors.Conflict: 409,
    errors.VersionStale: 412,
    BodyTooLarge: 413,
    MediaTypeUnsupported: 415,
    errors.Invalid: 422,
    PreconditionNeeded: 428,
    TooManyRequests: 429,
    HeadTooLarge: 431,
    InternalFault: 500,
    errors.Unavailable: 503,
}
FAMILIES: frozenset[type[CairnError]] = frozenset(
    {
        CairnError, errors.NotFound, errors.Forbidden, errors.Conflict, errors.Invalid,
        errors.Unauthenticated, errors.Unavailable, ScimRefused,
    }
)  # fmt: skip


def status_of(kind: type[CairnError]) -> int:
    """The HTTP status of a failure: its own, or its nearest family's."""
    for parent in kind.__mro__:
        if parent in STATUS:
            return STATUS[parent]
    return 500


def catalogue() -> dict[str, type[CairnError]]:
    """Every code that this API can answer, with its class."""
    every = sorted(_leaves(CairnError), key=lambda kind: kind.__module__, reverse=True)
    return {kind.code: kind for kind in every}  # one of two classes, whichever was imported first


def _leaves(kind: type[CairnError]) -> Iterator[type[CairnError]]:
    if kind not in FAMILIES:
        yield kind
    for child in kind.__subclasses__():
        yield from _leaves(child)


class ProblemResponse(Response):
    """A problem document; never cached, and never contains what was submitted."""

    media_type = PROBLEM_TYPE


def problem_response(
    error: CairnError, *, instance: str | None, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a failure. `instance` is the request's id."""
    status = status_of(type(error))
    content: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "instance": f"urn:cairn:request:{instance}",
        "code": error.code,
    }
    if error.problems:
        content["errors"] = [_pointed(problem) for problem in error.problems]
    extra = dict(headers or {})
    content.update(getattr(error, "extra", {}))
    if isinstance(error, GRANT_REFUSED):
        content["error"] = "invalid_grant"
    if isinstance(error, TooManyRequests):
        extra["Retry-After"] = str(error.seconds)
    if isinstance(error, errors.StepUpNeeded):
        extra["WWW-Authenticate"] = (
            'Bearer realm="cairn", error="insufficient_user_authentication", '
            f"max_age={error.max_age}"
        )
    if status == 401:
        reason = "" if error.code == "sign_in_needed" else ', error="invalid_token"'
        extra.setdefault("WWW-Authenticate", f'Bearer realm="cairn"{reason}')
    if status == 503 or error.retry is Retry.LATER:
        extra.setdefault("Retry-After", "2")
    return ProblemResponse(orjson.dumps(content), status_code=status, headers=extra)


def _pointed(problem: FieldProblem) -> dict[str, str]:
    return {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail}


NO_SUCH_TIME = "There is no such date or time."
TRUE_OR_FALSE = "Send true or false."
WHOLE_NUMBER = "Send a whole number."
ID, LIST, NUMBER, OBJECT, TEXT = (
    "Send an ID.", "Send a list.", "Send a number.", "Send an object.", "Send text.",
)  # fmt: skip
SENTENCES = {
    "bool_parsing": TRUE_OR_FALSE,
    "bool_type": TRUE_OR_FALSE,
    "bytes_type": TEXT,
    "date_from_datetime_inexact": "Send a date without a time.",
    "date_from_datetime_parsing": NO_SUCH_TIME,
    "date_parsing": NO_SUCH_TIME,
    "date_type": "Send a date.",
    "datetime_from_date_parsing": NO_SUCH_TIME,
    "datetime_object_invalid": NO_SUCH_TIME,
    "datetime_parsing": NO_SUCH_TIME,
    "datetime_type": "Send a date and time.",
    "dict_type": OBJECT,
    "enum": "Send {expected}.",
    "extra_forbidden": "This field is not known.",
    "finite_number": NUMBER,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "greater_than": "More than {gt}.",
    "greater_than_equal": "At least {ge}.",
    "int_from_float": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": "Send a smaller number.",
    "int_type": WHOLE_NUMBER,
    "json_invalid": "This is not valid JSON.",
    "less_than": "Less than {lt}.",
    "less_than_equal": "At most {le}.",
    "list_type": LIST,
    "literal_error": "Send {expected}.",
    "mapping_type": OBJECT,
    "missing": "This field is required.",
    "model_attributes_type": OBJECT,
    "model_type": OBJECT,
    "set_type": LIST,
    "string_pattern_mismatch": "This is not written in the form that is described.",
    "string_too_long": "At most {max_length} characters.",
    "string_too_short": "At least {min_length} characters.",
    "string_type": TEXT,
    "string_unicode": "The text has a character that cannot be saved.",
    "time_parsing": NO_SUCH_TIME,
    "time_type": "Send a time.",
    "timezone_aware": "Send the offset from UTC with the time, such as Z.",
    "too_long": "At most {max_length}.",
    "too_short": "At least {min_length}.",
    "tuple_type": LIST,
    "union_tag_invalid": "Send {expected_tags}.",
    "union_tag_not_found": "Say which kind it is in {discriminator}.",
    "uuid_parsing": ID,
    "uuid_type": ID,
    "uuid_version": ID,
}
"""Sentence for each kind of fault; a limit in braces is ours, by its name in `ctx`."""
OTHER_SENTENCE = "This value is not one that can be taken here."
BLANK = "Write something here."


def field_problems(errors: Sequence[Any], body: Any = None) -> list[FieldProblem]:
    """Pydantic's findings as pointers, codes and sentences, without the submitted values.

    `body` is the submitted body, which the pointers are made to fit.
    """
    return [_field_problem(item, body) for item in errors]


def _field_problem(error: Any, body: Any) -> FieldProblem:
    location = list(error.get("loc", ()))
    origin, rest = (str(location[0]), location[1:]) if location else ("body", [])
    if origin == "body":
        rest = _without_branches(rest, body)
    rest = [str(part) for part in rest]
    path = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in rest)
    pointer = path if origin == "body" else f"/{origin}{path}"
    code = str(error.get("type", "invalid"))
    limits = error.get("ctx") or {}
    if isinstance(fault := limits.get("error"), BodyFault):
        text = str(fault)
        if fault.missing is not None:
            sentence = f"{text[0].upper()}{text[1:]}."
            return FieldProblem(f"{pointer}/{fault.missing}", "missing", sentence)
        return FieldProblem(pointer, "value_error", f"Not valid: {text}.")
    return FieldProblem(pointer, code, _sentence(code, limits))


def _without_branches(location: list[Any], body: Any) -> list[Any]:
    """The path through the body, without the names of union branches."""
    saved: list[Any] = []
    for index, part in enumerate(location):
        if _has(body, part):
            body = body[part]
        elif body is not None and index < len(location) - 1:
            continue
        saved.append(part)
    return saved


def _has(body: Any, part: Any) -> bool:
    if isinstance(body, list):
        return isinstance(part, int) and part < len(body)
    return isinstance(body, dict) and part in body


def _sentence(code: str, limits: dict[str, Any]) -> str:
    """Make a sentence from the fault's code and limits. `ctx` may hold input, so pick by name."""
    if code == "string_too_short" and limits.get("min_length") == 1:
        return BLANK
    return SENTENCES.get(code, OTHER_SENTENCE).format_map(limits)


BY_HTTP_STATUS: dict[int, type[CairnError]] = {
    400: BodyMalformed,
    404: errors.PageNotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: MediaTypeUnsupported,
}
"""Failures that the framework itself raises, by status."""


def from_validation(faults: Sequence[Any], body: Any = None) -> CairnError:
    """The framework's findings about a request: malformed bodies 400, wrong fields 422."""
    if any(item.get("type") == "json_invalid" for item in faults):
        return BodyMalformed()
    return errors.ValidationFailed(problems=field_problems(faults, body))
