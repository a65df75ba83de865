"""From rows to SCIM resources and the bytes that leave: no nulls, only what was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from scim2_models import Context, Path, Resource, ResponseParameters, SCIMException
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.scim.bodies import MEDIA_TYPE
from app.api.scim.models import (
    BASE,
    ENTERPRISE,
    GROUP_REFERENCE,
    USER_REFERENCE,
    EnterpriseUser,
    Group,
    GroupMember,
    StaffUser,
    UserGroup,
    meta,
)
from app.domain.people.provisioning.errors import ScimValueInvalid

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
LONGEST_SELECTION = 2_000
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which attributes an answer shows."""

    parameters: ResponseParameters[Any]
    members: bool
    """Whether the members of a group are among them."""


def selection_of(attributes: str | None, excluded: str | None) -> Selection:
    """What `attributes` and `excludedAttributes` ask for. Raises `ScimValueInvalid`."""
    if attributes and excluded:
        raise ScimValueInvalid("Ask for attributes or for excludedAttributes, not for both.")
    wanted, hidden = _names(attributes), _names(excluded)
    try:
        parameters: ResponseParameters[Any] = ResponseParameters(
            attributes=[Path(name) for name in wanted] or None,
            excluded_attributes=[Path(name) for name in hidden] or None,
        )
    except (SCIMException, ValidationError, ValueError) as fault:
        raise ScimValueInvalid from fault
    plain = {name.lower().rpartition(":")[2].partition(".")[0] for name in wanted}
    hides = {name.lower().rpartition(":")[2] for name in hidden}
    return Selection(parameters, "members" not in hides and (not plain or "members" in plain))


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def user_resource(row: Row, base_url: str) -> Any:
    """A user as the provider knows them, with the groups they are in."""
    attributes = row["attributes"]
    extension = {
        field: attributes[name]
        for field, name in (("employee_number", "employeeNumber"), ("department", "department"))
        if name in attributes
    }
    user = StaffUser(
        id=str(row["id"]),
        external_id=row["external_id"],
        user_name=row["user_name"],
        name=attributes.get("name"),
        display_name=attributes.get("displayName"),
        title=attributes.get("title"),
        active=row["active"],
        emails=attributes.get("emails"),
        groups=[_user_group(item, base_url) for item in row["groups"]] or None,
        meta=meta(
            "User", user_address(row["id"], base_url),
            row["created_at"], row["changed_at"], row["version"],
        ),
    )  # fmt: skip
    if extension:
        user[EnterpriseUser] = EnterpriseUser(**extension)
    return user


def _user_group(group: Row, base_url: str) -> UserGroup:
    return UserGroup(
        value=str(group["id"]),
        ref=GROUP_REFERENCE(group_address(group["id"], base_url)),
        display=group["display"],
    )


def group_resource(row: Row, base_url: str) -> Group:
    """A group with its members, where they were read."""
    return Group(
        id=str(row["id"]),
        external_id=row["external_id"],
        display_name=row["display_name"],
        members=[
            GroupMember(
                value=str(member), ref=USER_REFERENCE(user_address(member, base_url)), type="User"
            )
            for member in row["members"]
        ]
        or None,
        meta=meta(
            "Group", group_address(row["id"], base_url),
            row["created_at"], row["changed_at"], row["version"],
        ),
    )  # fmt: skip


def user_address(id_: Any, base_url: str) -> str:
    """Where a user is."""
    return f"{base_url}{BASE}/Users/{id_}"


def group_address(id_: Any, base_url: str) -> str:
    """Where a group is."""
    return f"{base_url}{BASE}/Groups/{id_}"


def written(resource: Resource[Any], selection: Selection | None = None) -> dict[str, Any]:
    """A resource as JSON values."""
    content: dict[str, Any] = resource.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE,
        response_parameters=selection.parameters if selection else None,
    )
    if ENTERPRISE in content:
        content["schemas"] = list(dict.fromkeys([*content["schemas"], ENTERPRISE]))
    return content


def to_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Any SCIM answer."""
    return Response(orjson.dumps(content), status, dict(headers or {}), MEDIA_TYPE)


def answer(
    resource: Resource[Any],
    selection: Selection | None = None,
    *,
    request: Request | None = None,
    status: int = 200,
) -> Response:
    """One resource with its ETag and place; 304 where the request has this version already."""
    described: Any = resource.meta
    headers = {"ETag": described.version, "Content-Location": described.location}
    if status == 201:
        headers = {"ETag": described.version, "Location": described.location}
    if request is not None and replies.has_tag(
        request.headers.get("if-none-match"), described.version
    ):
        return Response(status_code=304, headers={"ETag": described.version})
    return to_response(written(resource, selection), status, headers)


def listing(
    resources: Sequence[Resource[Any]], total: int, start: int, selection: Selection | None = None
) -> Response:
    """Part of a list, `start` counted from 1."""
    items = [written(resource, selection) for resource in resources]
    return to_response(
        {
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(items),
            "Resources": items,
        }
    )
