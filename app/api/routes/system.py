"""Health, metrics, vocabularies and the catalogue of problems."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, replies
from app.api.deps import Served
from app.api.doors import PublicDoor
from app.api.operations import Operations
from app.api.schemas.system import (
    HealthOut,
    ProblemKindOut,
    ProblemListOut,
    VocabularyListOut,
    VocabularyOut,
)
from app.core.vocabularies import VOCABULARIES, Term, Vocabulary
from app.core.vocabularies.terms import DRAFT
from app.domain.errors import (
    CairnError,
    HeldAfterRestore,
    PageNotFound,
    ServiceUnavailable,
    VocabularyNotFound,
)

ops = Operations("system")
router = ops.router
unlisted = APIRouter(include_in_schema=False)


@ops.public("GET", "/healthz", out=HealthOut)
async def get_health() -> Response:
    """Check that the process runs.

    Returns 200 while the process runs. It checks nothing else.
    """
    return replies.record({"status": "ok"})


@ops.public("GET", "/readyz", out=HealthOut)
async def get_readiness(served: Served) -> Response:
    """Check that requests can be served.

    Returns 200 when the database takes changes and a signing key is there.
    """
    served.keys.current()
    try:
        await served.database.ping()
    except Exception as down:
        raise ServiceUnavailable("The database does not answer, or takes no changes.") from down
    if await served.is_held():
        raise HeldAfterRestore
    checks = {"database": "ok", "keys": "ok"}
    if unsafe := served.settings.unsafe:
        return replies.record({"status": "unsafe", "checks": checks, "unsafe": list(unsafe)})
    return replies.record({"status": "ready", "checks": checks})


for path, endpoint in (("/healthz", get_health), ("/readyz", get_readiness)):
    unlisted.add_api_route(
        path, endpoint, methods=["HEAD"], response_model=None, route_class_override=PublicDoor
    )


@unlisted.get("/metrics")
async def get_metrics(request: Request, served: Served) -> Response:
    """Prometheus figures by operation; keep this address off the public network."""
    if not served.settings.show_metrics:
        raise PageNotFound
    return Response(
        generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST
    )


@ops.public("GET", "/v1/vocabularies", out=VocabularyListOut)
async def list_vocabularies() -> Response:
    """List vocabularies.

    Every vocabulary of the API.
    """
    return replies.listing([_card(one) for one in VOCABULARIES.values()])


@ops.public("GET", "/v1/vocabularies/{name}", out=VocabularyOut, errors=(VocabularyNotFound,))
async def get_vocabulary(
    name: Annotated[str, Path(max_length=80, description="Name of the vocabulary.")],
) -> Response:
    """Get a vocabulary.

    One vocabulary with the labels of its codes.
    """
    if name not in VOCABULARIES:
        raise VocabularyNotFound
    vocabulary = VOCABULARIES[name]
    return replies.record({**_card(vocabulary), "terms": [_term(one) for one in vocabulary.terms]})


def _term(term: Term) -> dict[str, Any]:
    card: dict[str, Any] = {
        "code": term.code,
        "label": term.label,
        "parent": term.parent,
        "flags": sorted(term.flags),
        "notes": term.notes,
    }
    if term.categories:
        card["categories"] = term.categories
    if term.question is not None:
        card["question"] = term.question
    return card


def _card(vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "name": vocabulary.name,
        "title": vocabulary.title,
        "version": str(vocabulary.version),
        "source": vocabulary.source,
        "closed": vocabulary.closed,
        "review": DRAFT if vocabulary.draft else None,
    }


@ops.public("GET", "/v1/problems", out=ProblemListOut)
async def list_problems() -> Response:
    """List problem codes.

    Every code a problem can carry: status, sentence, what to do, whether to retry.
    """
    kinds = sorted(problems.catalogue().values(), key=lambda kind: kind.code)
    return replies.listing([_kind(kind) for kind in kinds])


@ops.public("GET", "/problems/{code}", out=ProblemKindOut, errors=(PageNotFound,))
async def get_problem(
    code: Annotated[str, Path(max_length=80, description="Code of the problem.")],
) -> Response:
    """Get the meaning of a problem code.

    Explains one code. `type` of a problem is this address.
    """
    kind = problems.catalogue().get(code)
    if kind is None:
        raise PageNotFound
    return replies.record(_kind(kind))


def _kind(kind: type[CairnError]) -> dict[str, Any]:
    return {
        "code": kind.code,
        "status": problems.status_of(kind),
        "title": kind.title,
        "advice": kind.advice,
        "retry": kind.retry,
        "type": f"/problems/{kind.code}",
    }
