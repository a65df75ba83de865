"""Failures as SCIM writes them (RFC 7644, 3.12); nothing of an exception's text."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from app.api.problems import BodyMalformed, problem_response, status_of
from app.api.scim.bodies import MEDIA_TYPE
from app.api.scim.models import BASE
from app.domain.errors import AlreadyExists, CairnError, PageNotFound, ValidationFailed
from app.domain.people.memberships.errors import LastAdministrator, LastLead
from app.domain.people.provisioning.errors import ScimRefused, UserNameTaken

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
NOT_SPOKEN = frozenset(f"{BASE}{rest}" for rest in ("/.search", "/Bulk", "/Me"))
"""Parts of the protocol that the service says it does not speak."""
SCIM_TYPES: Mapping[type[CairnError], str] = {
    AlreadyExists: "uniqueness",
    UserNameTaken: "uniqueness",
    LastAdministrator: "mutability",
    LastLead: "mutability",
    ValidationFailed: "invalidValue",
    BodyMalformed: "invalidSyntax",
}
BY_SCIM_STATUS = {422: 400}


def is_scim(path: str) -> bool:
    """Whether an address is one of SCIM's, known or not."""
    return path == BASE or path.startswith(f"{BASE}/")


def scim_status(kind: type[CairnError]) -> int:
    """The HTTP status of a failure in SCIM, which has no 422."""
    status = status_of(kind)
    return BY_SCIM_STATUS.get(status, status)


def scim_response(
    error: CairnError, *, instance: str | None, path: str, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a failure at one of SCIM's addresses."""
    status = scim_status(type(error))
    if isinstance(error, PageNotFound) and path in NOT_SPOKEN:
        status = 501
    problem = problem_response(error, instance=instance, headers=headers)
    saved_headers = {
        name: value
        for name, value in problem.headers.items()
        if name not in ("content-length", "content-type")
    }
    content = {"schemas": [ERROR], "status": str(status), "detail": error.detail}
    if (scim_type := scim_type_of(error)) is not None:
        content["scimType"] = scim_type
    return Response(orjson.dumps(content), status, saved_headers, MEDIA_TYPE)


def scim_type_of(error: CairnError) -> str | None:
    """The keyword of a failure, where SCIM has one."""
    if isinstance(error, ScimRefused):
        return error.scim_type
    return SCIM_TYPES.get(type(error))
