"""Health, metrics, vocabularies and the catalogue of problems."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Served
from app.api.operations import Operations
from app.api.problem_kinds import problem_kinds
from app.api.route_classes import PublicRoute
from app.api.schemas.system import (
    HealthOut,
    ProblemKindOut,
    ProblemListOut,
    VocabulariesIn,
    VocabularyListOut,
    VocabularyOut,
)
from app.core.vocabularies import VOCABULARIES, Term, Vocabulary
from app.core.vocabularies.terms import DRAFT
from app.core.vocabularies.welsh import QUESTIONS, REVIEWS, TITLES, WELSH, note_in_welsh
from app.domain.errors import (
    FieldProblem,
    HeldAfterRestore,
    PageNotFound,
    ServiceUnavailable,
    ValidationFailed,
    VocabularyNotFound,
)

ops = Operations("system")
router = ops.router
unlisted = APIRouter(include_in_schema=False)


@ops.public("GET", "/healthz", out=HealthOut)
async def get_health() -> Response:
    """Check that the process runs.

    Returns 200 while the process runs. It checks nothing else: for that, call `get_readiness`.
    """
    return replies.record({"status": "ok"})


@ops.public("GET", "/readyz", out=HealthOut)
async def get_readiness(runtime: Served) -> Response:
    """Check that requests can be served.

    Returns 200 when the database accepts changes and a signing key is available.
    """
    runtime.keys.current()
    try:
        await runtime.database.ping()
    except Exception as down:
        raise ServiceUnavailable("The database does not answer, or takes no changes.") from down
    if await runtime.is_held():
        raise HeldAfterRestore
    checks = {"database": "ok", "keys": "ok"}
    if unsafe := runtime.settings.unsafe:
        return replies.record({"status": "unsafe", "checks": checks, "unsafe": list(unsafe)})
    return replies.record({"status": "ready", "checks": checks})


for path, endpoint in (("/healthz", get_health), ("/readyz", get_readiness)):
    unlisted.add_api_route(
        path, endpoint, methods=["HEAD"], response_model=None, route_class_override=PublicRoute
    )


@unlisted.get("/metrics")
async def get_metrics(request: Request, runtime: Served) -> Response:
    """Prometheus figures by operation; keep this address off the public network."""
    if not runtime.settings.show_metrics:
        raise PageNotFound
    return Response(
        generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST
    )


@ops.public("GET", "/v1/vocabularies", out=VocabularyListOut, errors=(ValidationFailed,), etag=True)
async def list_vocabularies(
    request: Request, query: Annotated[VocabulariesIn, Query()]
) -> Response:
    """List vocabularies.

    Lists every vocabulary, without its terms. Send `names` to get the vocabularies a screen needs
    with all their terms. You can cache the answer for a day; then ask again with `If-None-Match`.
    """
    if query.names is None:
        items = [{**_summary_of(item), "terms": None} for item in VOCABULARIES.values()]
    else:
        items = [_whole(item) for item in _named(query.names)]
    return _cacheable(request, {"items": items, "next": None})


def _named(names: str) -> list[Vocabulary]:
    """The vocabularies of these names. Raises `ValidationFailed` that says which there is not."""
    asked = [wanted for name in names.split(",") if (wanted := name.strip())]
    if unknown := [number for number, name in enumerate(asked, 1) if name not in VOCABULARIES]:
        detail = f"Name {unknown[0]} is no vocabulary; GET /v1/vocabularies lists them."
        raise ValidationFailed(problems=[FieldProblem("/query/names", "unknown_name", detail)])
    return [VOCABULARIES[name] for name in dict.fromkeys(asked)]


@ops.public(
    "GET", "/v1/vocabularies/{name}", out=VocabularyOut, errors=(VocabularyNotFound,), etag=True
)
async def get_vocabulary(
    request: Request,
    name: Annotated[str, Path(max_length=80, description="Name of the vocabulary.")],
) -> Response:
    """Get a vocabulary.

    Returns one vocabulary with the label of each code, in English and Welsh.
    """
    if name not in VOCABULARIES:
        raise VocabularyNotFound
    return _cacheable(request, _whole(VOCABULARIES[name]))


def _cacheable(request: Request, content: dict[str, Any]) -> Response:
    """An answer that anybody may keep for a day, with the digest of what it says as its ETag."""
    digest = sha256(replies.to_json_bytes(content)).hexdigest()[:32]
    answer = replies.record(content, version=digest, request=request)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _whole(vocabulary: Vocabulary) -> dict[str, Any]:
    welsh = WELSH[vocabulary.name]
    terms = [{**_term(term), "label_cy": welsh[term.code]} for term in vocabulary.terms]
    return {**_summary_of(vocabulary), "terms": terms}


def _term(term: Term) -> dict[str, Any]:
    result: dict[str, Any] = {
        "code": term.code,
        "label": term.label,
        "parent": term.parent,
        "flags": sorted(term.flags),
        "notes": term.notes,
        "notes_cy": note_in_welsh(term.notes),
    }
    if term.categories:
        result["categories"] = term.categories
    if term.question is not None:
        result["question"] = term.question
        result["question_cy"] = QUESTIONS[term.code]
    return result


def _summary_of(vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "name": vocabulary.name,
        "title": vocabulary.title,
        "title_cy": TITLES[vocabulary.name],
        "version": str(vocabulary.version),
        "source": vocabulary.source,
        "closed": vocabulary.closed,
        "review": DRAFT if vocabulary.draft else None,
        "review_cy": REVIEWS[vocabulary.name],
    }


@ops.public("GET", "/v1/problems", out=ProblemListOut, etag=True)
async def list_problems(request: Request) -> Response:
    """List problem codes.

    Lists every problem code: what happened and what to do, in English and Welsh, whether to send
    the request again, and which operations return it. You can cache the answer for a day; then ask
    again with `If-None-Match`.
    """
    kinds = problem_kinds(request.app)
    return _cacheable(request, {"items": list(kinds.values()), "next": None})


@ops.public("GET", "/problems/{code}", out=ProblemKindOut, errors=(PageNotFound,))
async def get_problem(
    request: Request,
    code: Annotated[str, Path(max_length=80, description="Code of the problem.")],
) -> Response:
    """Explain a problem code.

    Explains one problem code: what happened and what to do. This is the address in a problem's
    `type`.
    """
    kinds = problem_kinds(request.app)
    if code not in kinds:
        raise PageNotFound
    return replies.record(kinds[code])
