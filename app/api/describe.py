"""The OpenAPI document: FastAPI's own, completed with problems, headers and extensions."""

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api import apart, operation_words, problems
from app.api.examples import exemplify
from app.api.late_routes import LateRoute
from app.api.no_if_match import describe_reasons
from app.api.nulls import plain_nulls, short_nulls
from app.api.operations import SINCE
from app.api.problems import PROBLEM_TYPE, catalogue, status_of
from app.api.recipients import SESSION_HEADER
from app.api.retiring import describe_retiring
from app.api.schemas.lead_availability import ReportRefused
from app.api.scim import description as scim
from app.api.shared_parts import share_parts
from app.api.tags import describe_tags, every_tag
from app.api.webhook_messages import webhooks
from app.core.schemas import LIFT, SAID, Problem, ProblemField
from app.domain import errors
from app.domain.errors import CairnError, TooManyRequests

TEXT = """
The safeguarding record of a school: concerns, the children they are about, the chronology,
what was shared and what was referred. **If a child is in danger, call 999.**

**Begin** with `POST /v1/auth/token`, then `GET /v1/me`. Each operation says what it
needs; who has each permission: the description of the security scheme `bearer`. SCIM 2.0 has its
own file, `/openapi-scim.json`.

**Failures** are RFC 9457 problems: switch on `code` (all of them: `GET /v1/problems`).

**Codes** have labels: `GET /v1/vocabularies/{name}`. A list that is not marked `x-closed` may grow.

**Bodies.** Leave an optional field out to say nothing about it, or to take the default it names. A
`PATCH` changes only what you send.

**Marks of an operation.** `x-scope`: the permission it needs, or `public`, `recipient` or
`signed_in`. `x-step-up`: it needs a fresh proof of identity. `x-enrolling`: a session may call it
that still lacks its second factor. `x-by-password`: a password alone is enough.

**Filters** have one name each: `state`, `since`, `until`, `mine` and `sort`. `state` takes codes of
the answer's `state`; `open` and `ended` may stand for several.

**Versions.** Within `/v1` operations, optional request fields and response fields are added, and
nothing else changes: ignore what you do not know. Before 0.1.0 is released, anything may change.
From then on, an operation that goes away says so at least 24 months before, by the headers
`Deprecation` and `Sunset`. `x-since` says which version brought an operation, after 0.1.0.
"""
SERVERS = [
    {"url": "/", "description": "The server that sent this description."},
    {"url": "http://127.0.0.1:8000", "description": "`make demo` on your own machine."},
]

FIRST = "0.1.0"
"""The first release: operations since then do not show their version."""
ANY_CODES = "Codes that many operations may give, by status:"
ANY_OTHER = "Any other refusal."
HOLDERS = "An access token of `POST /v1/auth/token`. Who has each permission:"
SEVERAL = {
    400: "Not understood.",
    401: "Not signed in.",
    403: "Not allowed.",
    404: "Not found, or not yours to see.",
    409: "Not possible now.",
    422: "Not valid.",
    429: "Too often.",
    503: "Not now.",
}
"""Description of an answer with one of several codes, by status."""
PUBLIC, RECIPIENT = "public", "recipient"
ALWAYS: tuple[type[CairnError], ...] = (
    errors.ValidationFailed,
    errors.ServiceUnavailable,
    errors.RecordBusy,
    TooManyRequests,
    problems.InternalFault,
)
SIGNED_IN: tuple[type[CairnError], ...] = (
    errors.SignInNeeded,
    errors.TokenInvalid,
    errors.SessionOver,
)
WITH_BODY: tuple[type[CairnError], ...] = (
    problems.BodyMalformed,
    problems.BodyTooLarge,
    problems.MediaTypeUnsupported,
)
MERGE_PATCH = "application/merge-patch+json"
LIMIT_HEADERS = {
    "Retry-After": "Seconds to wait, with 429 and 503.",
    "RateLimit-Policy": "Each limit that counts: its name, `q` requests in `w` seconds.",
    "RateLimit": "Each limit that counts: its name, `r` requests left, `t` seconds until more.",
}
WRITES_FILE = frozenset(
    {
        "concern:amend", "concern:comment", "concern:triage", "concern:decide", "concern:close",
        "concern:sign", "concern:withdraw", "concern:read", "action:set", "action:complete",
        "child:safeguard", "review:set", "meeting:set", "share:write", "referral:write",
    }
)  # fmt: skip
"""Scopes whose writes Cairn refuses while another school has the file."""
ALSO_FROZEN = frozenset({"child:change", "safety:write", "transfer:write"})
"""Further scopes whose writes Cairn refuses if they would change entries made before a death."""
KEYED: tuple[type[CairnError], ...] = (
    problems.IdempotencyKeyInvalid,
    problems.IdempotencyKeyReused,
    problems.IdempotencyKeyInProgress,
)
BEYOND: tuple[type[CairnError], ...] = (
    problems.MethodNotAllowed,
    problems.HeadTooLarge,
    problems.RequestTooSlow,
    errors.PageNotFound,
    errors.HeldAfterRestore,
)
"""Failures that no operation declares: Cairn refuses the request before it finds one."""
GENERAL: frozenset[type[CairnError]] = frozenset(
    {
        *BEYOND, *ALWAYS, *SIGNED_IN, *WITH_BODY, *KEYED, errors.AlreadyExists,
        errors.PermissionMissing, errors.SecondFactorNeeded, errors.VersionStale,
        problems.PreconditionNeeded,
    }
)  # fmt: skip
"""Failures common to every operation of a sort; `GET /v1/problems` lists no operations for them."""
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "New UUID for each write. Repeating a request with its key is safe: "
    "the first answer comes back, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` answer the completed document, built once with that of SCIM."""

    def both() -> tuple[dict[str, Any], dict[str, Any]]:
        if not hasattr(app.state, "descriptions"):
            app.state.descriptions = _documents(app)
        made: tuple[dict[str, Any], dict[str, Any]] = app.state.descriptions
        return made

    app.openapi = lambda: both()[0]  # type: ignore[method-assign]
    app.state.describe_scim = lambda: both()[1]


def _documents(app: FastAPI) -> tuple[dict[str, Any], dict[str, Any]]:
    """The API's document and SCIM's."""
    document = get_openapi(
        title="Cairn",
        version=SINCE,
        description=TEXT.strip(),
        routes=[
            route.described() if isinstance(route, LateRoute) else route for route in app.routes
        ],
        servers=SERVERS,
        contact={"name": "The school or trust that runs this server"},
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        separate_input_output_schemas=False,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (Problem, ProblemField, ReportRefused):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    _tell_general(schemas["Problem"]["properties"]["code"])
    schemas.update(scim.components())
    document["webhooks"] = webhooks(document["components"])
    document["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "at+jwt",
            "description": f"{HOLDERS}\n\n{operation_words.holders()}",
        },
        "recipient": {"type": "apiKey", "in": "header", "name": SESSION_HEADER},
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(method, path, operation)
            _tell_since(operation)
    lift_shared(document)
    plain_names(document["components"]["schemas"])
    plain_nulls(document)
    short_nulls(document)
    exemplify(document)
    scim_document = apart.take_apart(document)
    share_parts(document)
    share_parts(scim_document, apart.PREFIX)
    describe_tags(document, every_tag() - {apart.TAG})
    describe_tags(scim_document, [apart.TAG])
    describe_reasons(document)
    return document, scim_document


def lift_shared(document: dict[str, Any]) -> None:
    """Keep each vocabulary's schema once, and refer to it wherever it is used."""
    lifted: dict[str, Any] = {}
    for part in (document["paths"], document["components"]["schemas"]):
        _lift(part, lifted)
    document["components"]["schemas"].update(sorted(lifted.items()))


def _lift(node: Any, lifted: dict[str, Any]) -> None:
    children = node.values() if isinstance(node, dict) else node
    for child in children:
        if isinstance(child, dict | list):
            _lift(child, lifted)
    if isinstance(node, dict) and isinstance(name := node.pop(LIFT, None), str):
        beside = {key: node.pop(key) for key in ("default", "title") if key in node}
        text = node.pop(SAID, "")
        if node.get("description", text) != text:
            beside["description"] = node.pop("description")
        if text:
            node["description"] = text
        lifted[name] = {"title": name, **node}
        node.clear()
        node.update({"$ref": f"#/components/schemas/{name}", **beside})


def _tell_since(operation: dict[str, Any]) -> None:
    """Show the version that brought an operation, unless it is the first."""
    since = operation.pop("x-since", SINCE)
    if since != FIRST:
        operation["x-since"] = since


def plain_names(node: Any) -> None:
    """Describe objects with arbitrary property names by the schema of each value.

    Client generators ignore `patternProperties` and would make an object without fields.
    """
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            plain_names(child)
    if isinstance(node, dict) and isinstance(by_name := node.pop("patternProperties", None), dict):
        ((pattern, value),) = by_name.items()
        node |= {"propertyNames": {"pattern": pattern}, "additionalProperties": value}


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    scope = operation.setdefault("x-scope", "public")
    if scope == RECIPIENT:
        operation["security"] = [{"recipient": []}]
    elif scope != PUBLIC:
        operation["security"] = [{"bearer": []}]
    if scope != PUBLIC and method == "post":
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    operation_words.tell(operation, path)
    is_scim = operation.get("x-scim", False)
    if method == "patch" and "requestBody" in operation and not is_scim:
        content = operation["requestBody"]["content"]
        content[MERGE_PATCH] = content.pop("application/json")
    failures = _failures(method, {"x-errors": [], **operation})
    operation.pop("x-errors", None)
    describe_failures = scim.describe_failures if is_scim else _describe_failures
    describe_failures(operation, failures)
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            _describe_headers(operation, answer)
    if method == "get" and "ETag" in _headers_of(operation):
        operation["responses"]["304"] = {"description": "Not modified."}
    operation.pop("x-headers", None)
    operation.pop("x-refusal", None)
    describe_retiring(operation)


def failures_by_traits(method: str, operation: dict[str, Any]) -> list[type[CairnError]]:
    """The failures an operation declares, and those that follow from its permission."""
    own = [catalogue()[code] for code in operation["x-errors"]]
    return [*own, *_failures_of_scope(operation), *_failures_of_files(method, operation, own)]


def _failures(method: str, operation: dict[str, Any]) -> list[type[CairnError]]:
    items = [*failures_by_traits(method, operation), *ALWAYS]
    if operation["x-scope"] != PUBLIC:
        if method != "get":
            items.append(problems.BodyTooLarge)
        if method == "post":
            items.extend(KEYED)
            items.append(errors.AlreadyExists)
    if "requestBody" in operation:
        items.extend(WITH_BODY)
    if not operation.get("x-scim") and _requires_version(operation):
        items.extend((problems.PreconditionNeeded, errors.VersionStale))
    return items


def _failures_of_files(
    method: str, operation: dict[str, Any], own: list[type[CairnError]]
) -> list[type[CairnError]]:
    """Refusals for a child's file that has moved, is frozen, or is limited to a few people."""
    items: list[type[CairnError]] = []
    if errors.ConflictOfInterest in own:
        items.append(errors.FileLimited)
    if method != "get" and operation["x-scope"] in WRITES_FILE:
        items.append(errors.FileLocked)
    if method != "get" and operation["x-scope"] in WRITES_FILE | ALSO_FROZEN:
        items.append(errors.FileFrozen)
    return items


def _failures_of_scope(operation: dict[str, Any]) -> list[type[CairnError]]:
    """Refusals for a caller who is not signed in, or lacks a second factor or recent proof."""
    if operation["x-scope"] in (PUBLIC, RECIPIENT):
        return []
    items = [*SIGNED_IN, errors.PermissionMissing]
    never = operation.get("x-refusal") == ReportRefused.__name__
    if not (never or operation.get("x-enrolling") or operation.get("x-scim")):
        items.append(errors.SecondFactorNeeded)
    if operation.get("x-step-up"):
        items.append(errors.StepUpNeeded)
    return items


def _requires_version(operation: dict[str, Any]) -> bool:
    """Whether the operation takes If-Match; if so, mark it as required."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"].lower() == "if-match":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 80}
            return True
    return False


def _describe_failures(operation: dict[str, Any], failures: list[type[CairnError]]) -> None:
    """Describe the operation's own failures by status; the general ones are its default."""
    responses = operation["responses"]
    responses.pop("422", None)
    refusal = operation.pop("x-refusal", Problem.__name__)
    by_status: dict[int, set[type[CairnError]]] = defaultdict(set)
    for failure in failures:
        by_status[status_of(failure)].add(failure)
    for status, kinds in sorted(by_status.items()):
        if not kinds <= GENERAL:
            title = next(iter(kinds)).title if len(kinds) == 1 else SEVERAL[status]
            responses[str(status)] = _refused(title, refusal, kinds)
    every = set().union(*by_status.values()) & GENERAL
    responses["default"] = _refused(ANY_OTHER, refusal, every) | {
        "headers": {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in LIMIT_HEADERS.items()
        }
    }


def _refused(text: str, refusal: str, kinds: set[type[CairnError]]) -> dict[str, Any]:
    """An answer with one of some failures: the problem, limited to their codes."""
    own = {"properties": {"code": {"enum": sorted(kind.code for kind in kinds)}}}
    schema = {"allOf": [{"$ref": f"#/components/schemas/{refusal}"}, own]}
    return {"description": text, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _tell_general(code: dict[str, Any]) -> None:
    """List once the status of each failure that any operation can answer."""
    by_status: dict[int, set[type[CairnError]]] = defaultdict(set)
    for kind in GENERAL:
        by_status[status_of(kind)].add(kind)
    lines = [f"- {status}: {_quoted(kinds)}" for status, kinds in sorted(by_status.items())]
    code["description"] = "\n".join([code["description"], "", ANY_CODES, *lines])


def _quoted(kinds: set[type[CairnError]]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(kind.code for kind in kinds))


def _describe_headers(operation: dict[str, Any], answer: dict[str, Any]) -> None:
    headers = answer.setdefault("headers", {})
    for name, text in _headers_of(operation).items():
        headers[name] = {"description": text, "schema": {"type": "string"}}
    if not headers:
        del answer["headers"]


def _headers_of(operation: dict[str, Any]) -> dict[str, str]:
    declared: dict[str, str] = operation.get("x-headers", {})
    return declared
