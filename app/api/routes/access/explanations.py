"""Explaining access by the rules that decide it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.schemas.explanations import ExplainIn, ExplanationOut
from app.domain import nouns  # noqa: F401 - registers every kind
from app.domain.access.explanations.errors import PreviewUnknown, ResourceUnknown
from app.domain.access.explanations.queries import Question, explain_access
from app.domain.errors import PermissionMissing, StaffNotFound
from app.domain.kinds import every_kind

ops = Operations("access")
router = ops.router


@ops.opening(
    "/v1/access/explain",
    out=ExplanationOut,
    needs=None,
    etag=False,
    errors=(
        *sorted({item.missing for item in every_kind()}, key=lambda item: item.__name__),
        StaffNotFound,
        PermissionMissing,
        ResourceUnknown,
        PreviewUnknown,
    ),
)
async def explain_access_to(query: Annotated[ExplainIn, Query()], work: Work) -> Response:
    """Explain who can see a record.

    Shows who can see a record, or why one person can or cannot, with the rules in the order Cairn
    applied them.

    You need `access:explain` and access to the record, unless you ask about yourself. Use `if` to
    preview a change: who would gain access and who would lose it.
    """
    subject: UUID | None = work.actor.id if query.subject == "me" else query.subject
    result = await explain_access(work, Question(query.resource, subject, query.change))
    return replies.record(result)
