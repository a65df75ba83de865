"""SCIM 2.0: users, groups, and what of the protocol is spoken here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Query
from scim2_models import Context
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.scim import bodies, filters, models, shapes
from app.api.scim.operations import ScimOperations
from app.domain.errors import VersionStale
from app.domain.people.memberships.errors import (
    LastAdministrator,
    LastLead,
    RoleProtected,
    WorkWouldBeOrphaned,
)
from app.domain.people.provisioning import commands as provisioning
from app.domain.people.provisioning import queries as provisioning_queries
from app.domain.people.provisioning.commands import Found
from app.domain.people.provisioning.errors import (
    ScimFilterInvalid,
    ScimImmutable,
    ScimPathInvalid,
    ScimResourceNotFound,
    ScimSyntaxInvalid,
    ScimTargetMissing,
    ScimTooMany,
    ScimValueInvalid,
    UserNameTaken,
)
from app.domain.people.provisioning.queries import Window
from app.domain.people.scim_groups import commands as scim_groups
from app.domain.people.scim_groups import queries as scim_groups_queries
from app.domain.people.scim_groups.errors import ScimGroupNotFound

ops = ScimOperations("scim")
router = ops.router
BASE = models.BASE
FAR = 1_000_000_000
DEFAULT_COUNT = 100
REFUSED = (
    ScimSyntaxInvalid, ScimValueInvalid, ScimTooMany, VersionStale,
)  # fmt: skip
STAYS = (LastLead, LastAdministrator, RoleProtected)
PATCH_REFUSED = (
    *REFUSED, ScimPathInvalid, ScimTargetMissing, ScimImmutable,
    ScimFilterInvalid,
)  # fmt: skip

Id = Annotated[str, Path(max_length=100, description="The resource's id.")]
Filter = Annotated[
    str | None,
    Query(max_length=filters.LONGEST_FILTER, description="A filter (RFC 7644, 3.4.2.2)."),
]
Start = Annotated[
    int, Query(alias="startIndex", ge=-FAR, le=FAR, description="The first to show, from 1.")
]
Count = Annotated[
    int, Query(ge=-FAR, le=FAR, description="How many to show; at most 200, 0 only counts.")
]
Shown = Annotated[
    str | None,
    Query(max_length=shapes.LONGEST_SELECTION, description="Attributes to show, comma-separated."),
]
Hidden = Annotated[
    str | None,
    Query(
        alias="excludedAttributes", max_length=shapes.LONGEST_SELECTION,
        description="Attributes to leave out, comma-separated.",
    ),
]  # fmt: skip
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag last read; 412 where there is a newer one.",
    ),
]


def _id(text: str, missing: type[ScimResourceNotFound | ScimGroupNotFound]) -> UUID:
    try:
        return UUID(text)
    except ValueError as fault:
        raise missing from fault


def _window(start: int, count: int) -> Window:
    return Window(max(start, 1) - 1, min(max(count, 0), models.MOST_RESULTS))


def _check_version(if_match: str | None, version: int) -> None:
    if if_match is not None and not replies.has_tag(if_match, f'W/"{version}"'):
        raise VersionStale


@ops.read(f"{BASE}/Users", out="ScimUserList", errors=(ScimFilterInvalid,))
async def list_scim_users(
    reading: Reading,
    runtime: Served,
    filter: Filter = None,  # noqa: A002 - SCIM's name
    start_index: Start = 1,
    count: Count = DEFAULT_COUNT,
    attributes: Shown = None,
    excluded: Hidden = None,
) -> Response:
    """List users by SCIM.

    Staff of the school as users, in the order they were added.
    """
    selection, window = shapes.selection_of(attributes, excluded), _window(start_index, count)
    tree = filters.user_filter(filter)
    users = await provisioning_queries.list_users(
        reading.driver, reading.actor.school_id, tree, window
    )
    items = [shapes.user_resource(row, runtime.settings.base_url) for row in users.rows]
    return shapes.listing(items, users.total, window.start + 1, selection)


@ops.read(
    f"{BASE}/Users/{{user_id}}", out="ScimUser", errors=(ScimResourceNotFound, ScimValueInvalid),
    etag=True,
)  # fmt: skip
async def read_scim_user(
    user_id: Id,
    reading: Reading,
    runtime: Served,
    request: Request,
    attributes: Shown = None,
    excluded: Hidden = None,
) -> Response:
    """Get a user by SCIM.

    Shows one member of staff as a SCIM user.
    """
    selection = shapes.selection_of(attributes, excluded)
    id_ = _id(user_id, ScimResourceNotFound)
    row = await provisioning_queries.read_user(reading.driver, reading.actor.school_id, id_)
    user = shapes.user_resource(row, runtime.settings.base_url)
    return shapes.answer(user, selection, request=request)


@ops.write(
    "POST", f"{BASE}/Users", out="ScimUser", status=201, takes="ScimUserIn",
    errors=(*REFUSED, UserNameTaken),
)  # fmt: skip
async def add_scim_user(request: Request, work: Work, runtime: Served) -> Response:
    """Add a user by SCIM.

    Adds a member of staff without any role, and invites them by email.
    """
    body = await bodies.body_of(request)
    profile = bodies.user_from(body, Context.RESOURCE_CREATION_REQUEST, active=True)
    id_ = await provisioning.provision_user(work, profile)
    return await _user(work, runtime, id_, status=201)


@ops.write(
    "PUT", f"{BASE}/Users/{{user_id}}", out="ScimUser", takes="ScimUserIn",
    errors=(*REFUSED, ScimResourceNotFound, UserNameTaken, *STAYS),
)  # fmt: skip
async def replace_scim_user(
    user_id: Id, request: Request, work: Work, runtime: Served, if_match: IfMatch = None
) -> Response:
    """Replace a user by SCIM.

    Replaces a user. `active` stays as it is if it is left out.
    """
    body = await bodies.body_of(request)
    user = await _user_for_change(work, user_id, if_match)
    profile = bodies.user_from(
        body, Context.RESOURCE_REPLACEMENT_REQUEST, active=user.profile.active
    )
    await provisioning.change_user(work, user, profile)
    return await _user(work, runtime, user.resource_id)


@ops.write(
    "PATCH", f"{BASE}/Users/{{user_id}}", out="ScimUser", takes="ScimPatch",
    errors=(*PATCH_REFUSED, ScimResourceNotFound, UserNameTaken, *STAYS),
)  # fmt: skip
async def change_scim_user(
    user_id: Id, request: Request, work: Work, runtime: Served, if_match: IfMatch = None
) -> Response:
    """Update a user by SCIM.

    Changes a user with SCIM's patch operations: all of them, or none.
    """
    body = await bodies.body_of(request)
    user = await _user_for_change(work, user_id, if_match)
    now = await _user_resource(work, runtime, user.resource_id)
    await provisioning.change_user(work, user, bodies.profile_of(bodies.patched(now, body)))
    return await _user(work, runtime, user.resource_id)


@ops.write(
    "DELETE", f"{BASE}/Users/{{user_id}}", out=None, status=204,
    errors=(ScimResourceNotFound, VersionStale, *STAYS, WorkWouldBeOrphaned),
)  # fmt: skip
async def remove_scim_user(user_id: Id, work: Work, if_match: IfMatch = None) -> Response:
    """Remove a user by SCIM.

    Takes a person off the staff. Open work goes to a lead; records keep their author.
    """
    await provisioning.remove_user(work, await _user_for_change(work, user_id, if_match))
    return Response(status_code=204)


async def _user_for_change(work: Any, user_id: str, if_match: str | None) -> Found:
    user = await provisioning.user_for_change(work, _id(user_id, ScimResourceNotFound))
    _check_version(if_match, user.staff.version)
    return user


async def _user_resource(work: Any, runtime: Any, id_: UUID) -> Any:
    row = await provisioning_queries.read_user(await work.driver(), work.actor.school_id, id_)
    return shapes.user_resource(row, runtime.settings.base_url)


async def _user(work: Any, runtime: Any, id_: UUID, *, status: int = 200) -> Response:
    return shapes.answer(await _user_resource(work, runtime, id_), status=status)


@ops.read(f"{BASE}/Groups", out="ScimGroupList", errors=(ScimFilterInvalid,))
async def list_scim_provider_groups(
    reading: Reading,
    runtime: Served,
    filter: Filter = None,  # noqa: A002 - SCIM's name
    start_index: Start = 1,
    count: Count = DEFAULT_COUNT,
    attributes: Shown = None,
    excluded: Hidden = None,
) -> Response:
    """List groups by SCIM.

    Groups of the identity provider, in the order they were added.
    """
    selection, window = shapes.selection_of(attributes, excluded), _window(start_index, count)
    result = await scim_groups_queries.list_groups(
        reading.driver, reading.actor.school_id, filters.group_filter(filter), window,
        members=selection.members,
    )  # fmt: skip
    items = [shapes.group_resource(row, runtime.settings.base_url) for row in result.rows]
    return shapes.listing(items, result.total, window.start + 1, selection)


@ops.read(
    f"{BASE}/Groups/{{group_id}}", out="ScimGroup", errors=(ScimGroupNotFound, ScimValueInvalid),
    etag=True,
)  # fmt: skip
async def read_scim_provider_group(
    group_id: Id,
    reading: Reading,
    runtime: Served,
    request: Request,
    attributes: Shown = None,
    excluded: Hidden = None,
) -> Response:
    """Get a group by SCIM.

    Shows one group of the identity provider with its members.
    """
    selection = shapes.selection_of(attributes, excluded)
    id_ = _id(group_id, ScimGroupNotFound)
    row = await scim_groups_queries.read_group(
        reading.driver, reading.actor.school_id, id_, members=selection.members
    )
    group = shapes.group_resource(row, runtime.settings.base_url)
    return shapes.answer(group, selection, request=request)


@ops.write(
    "POST", f"{BASE}/Groups", out="ScimGroup", status=201, takes="ScimGroupIn", errors=REFUSED
)
async def add_scim_group(request: Request, work: Work, runtime: Served) -> Response:
    """Add a group by SCIM.

    Keeps a group. It stands for no role until a person maps it.
    """
    profile = bodies.group_from(await bodies.body_of(request), Context.RESOURCE_CREATION_REQUEST)
    id_ = await scim_groups.add_group(work, profile)
    return await _group(work, runtime, id_, status=201)


@ops.write(
    "PUT", f"{BASE}/Groups/{{group_id}}", out="ScimGroup", takes="ScimGroupIn",
    errors=(*REFUSED, ScimGroupNotFound),
)  # fmt: skip
async def replace_scim_group(
    group_id: Id, request: Request, work: Work, runtime: Served, if_match: IfMatch = None
) -> Response:
    """Replace a group by SCIM.

    Replaces a group with everybody in it. The roles of people who joined or left follow.
    """
    body = await bodies.body_of(request)
    group = await scim_groups.group_for_change(work, _id(group_id, ScimGroupNotFound))
    _check_version(if_match, group.version)
    profile = bodies.group_from(body, Context.RESOURCE_REPLACEMENT_REQUEST)
    await scim_groups.change_group(work, group, profile)
    return await _group(work, runtime, group.id)


@ops.write(
    "PATCH", f"{BASE}/Groups/{{group_id}}", out=None, status=204, takes="ScimPatch",
    errors=(*PATCH_REFUSED, ScimGroupNotFound),
)  # fmt: skip
async def change_scim_group(
    group_id: Id, request: Request, work: Work, runtime: Served, if_match: IfMatch = None
) -> Response:
    """Update a group by SCIM.

    Changes a group with SCIM's patch operations: all of them, or none.
    """
    body = await bodies.body_of(request)
    group = await scim_groups.group_for_change(work, _id(group_id, ScimGroupNotFound))
    _check_version(if_match, group.version)
    now = await _group_resource(work, runtime, group.id)
    profile = bodies.group_profile_of(bodies.patched(now, body))
    await scim_groups.change_group(work, group, profile)
    return Response(status_code=204, headers={"ETag": f'W/"{group.version}"'})


@ops.write(
    "DELETE", f"{BASE}/Groups/{{group_id}}", out=None, status=204,
    errors=(ScimGroupNotFound, VersionStale),
)  # fmt: skip
async def remove_scim_group(group_id: Id, work: Work, if_match: IfMatch = None) -> Response:
    """Delete a group by SCIM.

    Deletes a group. The roles it gave end, as if everybody had left it.
    """
    group = await scim_groups.group_for_change(work, _id(group_id, ScimGroupNotFound))
    _check_version(if_match, group.version)
    await scim_groups.remove_group(work, group)
    return Response(status_code=204)


async def _group_resource(work: Any, runtime: Any, id_: UUID) -> Any:
    row = await scim_groups_queries.read_group(
        await work.driver(), work.actor.school_id, id_, members=True
    )
    return shapes.group_resource(row, runtime.settings.base_url)


async def _group(work: Any, runtime: Any, id_: UUID, *, status: int = 200) -> Response:
    return shapes.answer(await _group_resource(work, runtime, id_), status=status)


@ops.read(f"{BASE}/ServiceProviderConfig", out="ScimServiceProviderConfig")
async def read_scim_provider_config(runtime: Served) -> Response:
    """Get the SCIM configuration.

    Shows which parts of SCIM this server supports.
    """
    return shapes.to_response(shapes.written(models.provider_config(runtime.settings.base_url)))


@ops.read(f"{BASE}/ResourceTypes", out="ScimResourceTypeList")
async def list_scim_resource_types(runtime: Served) -> Response:
    """List SCIM resource types.

    The kinds of resource there are: users and groups.
    """
    resource_types = list(models.resource_types(runtime.settings.base_url).values())
    return shapes.listing(resource_types, len(resource_types), 1)


@ops.read(
    f"{BASE}/ResourceTypes/{{type_id}}", out="ScimResourceType", errors=(ScimResourceNotFound,)
)
async def read_scim_resource_type(type_id: Id, runtime: Served) -> Response:
    """Get a SCIM resource type.

    Shows one kind of resource.
    """
    result = models.resource_types(runtime.settings.base_url).get(type_id)
    if result is None:
        raise ScimResourceNotFound
    return shapes.to_response(shapes.written(result))


@ops.read(f"{BASE}/Schemas", out="ScimSchemaList")
async def list_scim_schemas(runtime: Served) -> Response:
    """List SCIM schemas.

    Every schema there is.
    """
    schemas = list(models.schemas(runtime.settings.base_url).values())
    return shapes.listing(schemas, len(schemas), 1)


@ops.read(f"{BASE}/Schemas/{{schema_id}}", out="ScimSchema", errors=(ScimResourceNotFound,))
async def read_scim_schema(schema_id: Id, runtime: Served) -> Response:
    """Get a SCIM schema.

    Shows one schema, by its URN.
    """
    result = models.schemas(runtime.settings.base_url).get(schema_id)
    if result is None:
        raise ScimResourceNotFound
    return shapes.to_response(shapes.written(result))
