"""From what an identity provider sends to profiles: read strictly, understood leniently."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from scim2_models import Context, PatchOp, Resource, SCIMException
from starlette.requests import Request

from app.api.problems import BodyMalformed, MediaTypeUnsupported
from app.api.receiving import strict_json
from app.api.scim.filters import is_storable
from app.api.scim.models import ENTERPRISE, GROUP, LENIENT, USER, Group, GroupMember, StaffUser
from app.core.schemas import UNSTORABLE
from app.domain.people.provisioning.errors import (
    ScimFilterInvalid,
    ScimImmutable,
    ScimPathInvalid,
    ScimRefused,
    ScimSyntaxInvalid,
    ScimTargetMissing,
    ScimTooMany,
    ScimValueInvalid,
)
from app.domain.people.provisioning.rules import Profile
from app.domain.people.scim_groups.commands import GroupProfile

MEDIA_TYPE = "application/scim+json"
ACCEPTED = frozenset({MEDIA_TYPE, "application/json"})
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WRITTEN_BY_US = frozenset({"id", "meta", "groups", "schemas"})
"""Attributes that only the service writes; what is sent for them is ignored (RFC 7643, 2.2)."""
LONGEST_TEXT = 300
LONGEST_PATH = 1_000
MOST_OPERATIONS = 200
MOST_EMAILS = 20
BY_SCIM_TYPE: Mapping[str, type[ScimRefused]] = {
    "invalidFilter": ScimFilterInvalid,
    "mutability": ScimImmutable,
    "invalidPath": ScimPathInvalid,
    "invalidSyntax": ScimSyntaxInvalid,
    "noTarget": ScimTargetMissing,
}
AnyResource = TypeVar("AnyResource", bound=Resource[Any])
Json = dict[str, Any]


async def body_of(request: Request) -> Json:
    """The JSON object of a request.

    Raises `MediaTypeUnsupported`, `BodyMalformed`, `ScimSyntaxInvalid`, `ScimValueInvalid`.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in ACCEPTED:
        raise MediaTypeUnsupported
    raw = await request.body()
    if not raw:
        raise BodyMalformed
    body = strict_json(raw)
    if not isinstance(body, dict):
        raise ScimSyntaxInvalid
    for text in _texts(body):
        if UNSTORABLE.search(text):
            raise ScimValueInvalid("A text has a character that cannot be saved.")
    return body


def _texts(body: Any) -> Iterator[str]:
    """Every text in a body, names of members included; walks without recursion."""
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting.extend(node)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def refused(scim_type: str | None) -> ScimRefused:
    """The refusal of a keyword; what the library says of a fault may repeat what was sent."""
    return BY_SCIM_TYPE.get(scim_type or "", ScimValueInvalid)()


def understood(read: Callable[[], AnyResource]) -> AnyResource:
    """What reading or patching comes to. Raises `ScimRefused` of the right kind."""
    try:
        return read()
    except SCIMException as fault:
        raise refused(fault.scim_type) from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        kind = first.get("ctx", {}).get("scim_type")
        missing = "invalidSyntax" if first["type"] == "json_type" else "invalidValue"
        raise refused(kind or missing) from fault
    except (ValueError, TypeError, RecursionError) as fault:
        raise ScimValueInvalid from fault


def _of_schema(body: Json, urn: str, *others: str) -> Json:
    """The body without what only we write, and with known schemas only.

    Raises `ScimSyntaxInvalid` where it does not say that it is of the schema.
    """
    given = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    listed = given if isinstance(given, list) else []
    named = {item.lower() for item in listed if isinstance(item, str)}
    if urn.lower() not in named:
        raise ScimSyntaxInvalid("The body does not name the schema of this resource.")
    fields = {name: value for name, value in body.items() if name.lower() not in WRITTEN_BY_US}
    present = {name.lower() for name in fields}
    return {**fields, "schemas": [urn, *(item for item in others if item.lower() in present)]}


def user_from(body: Json, context: Context, *, active: bool) -> Profile:
    """The profile in the body of a POST or PUT; `active` is meant where it says nothing."""
    sent = _of_schema(body, USER, ENTERPRISE)
    if not any(name.lower() == "active" and value is not None for name, value in sent.items()):
        sent = {name: value for name, value in sent.items() if name.lower() != "active"}
        sent["active"] = active
    return profile_of(
        understood(lambda: StaffUser.model_validate(sent, scim_ctx=context, scim_policy=LENIENT))
    )


def profile_of(user: Any) -> Profile:
    """What a user resource says, as it is kept. Raises `ScimValueInvalid`."""
    written = user.model_dump(scim_ctx=Context.DEFAULT)
    extension = written.get(ENTERPRISE) or {}
    attributes = {
        name: value
        for name, value in {
            "name": written.get("name"),
            "displayName": written.get("displayName"),
            "title": written.get("title"),
            "emails": written.get("emails"),
            "employeeNumber": extension.get("employeeNumber"),
            "department": extension.get("department"),
        }.items()
        if value not in (None, "", [], {})
    }
    if len(attributes.get("emails", ())) > MOST_EMAILS:
        raise ScimTooMany
    profile = Profile(_named(user.user_name), user.external_id or None, user.active, attributes)
    _check_lengths([profile.external_id, attributes])
    return profile


def _named(text: str | None) -> str:
    if text is None or not text.strip():
        raise ScimValueInvalid("The resource needs a name.")
    _check_lengths([text])
    return text


def _check_lengths(content: Any) -> None:
    if any(len(text) > LONGEST_TEXT for text in _texts(content)):
        raise ScimValueInvalid("A text is too long.")


def group_from(body: Json, context: Context) -> GroupProfile:
    """The profile in the body of a POST or PUT."""
    sent = _of_schema(body, GROUP)
    return group_profile_of(
        understood(lambda: Group.model_validate(sent, scim_ctx=context, scim_policy=LENIENT))
    )


def group_profile_of(group: Group) -> GroupProfile:
    """What a group resource says, as it is kept. Raises `ScimValueInvalid`."""
    _check_lengths([group.external_id])
    members = frozenset(_member(member) for member in group.members or ())
    return GroupProfile(_named(group.display_name), group.external_id or None, members)


def _member(member: GroupMember) -> UUID:
    try:
        return UUID(member.value or "")
    except ValueError as fault:
        raise ScimValueInvalid("A member is not a user of this school.") from fault


def patched(resource: AnyResource, body: Json) -> AnyResource:
    """The resource with every operation of a patch applied; the given one stays as it is.

    Raises `ScimRefused`.
    """
    message = {"schemas": [PATCH_OP], "Operations": _operations(body)}
    kind: Any = PatchOp
    changed = resource.model_copy(deep=True)

    def apply() -> AnyResource:
        patch = kind[type(resource)].model_validate(
            message, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=LENIENT
        )
        patch.patch(changed, scim_policy=LENIENT)
        return changed

    return understood(apply)


def _operations(body: Json) -> list[Json]:
    given = {name.lower(): value for name, value in body.items()}
    schemas, result = given.get("schemas"), given.get("operations")
    if not isinstance(schemas, list) or PATCH_OP.lower() not in [
        schema.lower() for schema in schemas if isinstance(schema, str)
    ]:
        raise ScimSyntaxInvalid("The body does not name the schema of a patch.")
    if not isinstance(result, list) or not result:
        raise ScimSyntaxInvalid("A patch needs one operation or more.")
    if len(result) > MOST_OPERATIONS:
        raise ScimTooMany
    read = [_operation(item) for item in result]
    return [item for item in read if item is not None] or [{"op": "add", "value": {}}]


def _check_paths(path: Any, value: Any) -> None:
    """Raise `ScimPathInvalid` for what is read as a path and compares with what no text can be.

    That is its own path, and the names of a value.
    """
    names = [path] if isinstance(path, str) else []
    if isinstance(value, dict):
        names.extend(value)
    if any(len(name) > LONGEST_PATH or not is_storable(name) for name in names):
        raise ScimPathInvalid


def _operation(given: Any) -> Json | None:
    """One operation, or None where it would change nothing.

    A removal that names no value must not become the removal of every value, and what only we
    write is ignored among other values as it is in a whole resource.
    """
    if not isinstance(given, dict):
        raise ScimSyntaxInvalid("An operation must be an object.")
    operation = {name.lower(): value for name, value in given.items()}
    path, value = operation.get("path"), operation.get("value")
    _check_paths(path, value)
    if path == "":
        operation.pop("path")
    if str(operation.get("op")).lower() == "remove" and "value" in operation:
        if value in ([], {}, ""):
            return None
        if value is None:
            operation.pop("value")
    if not path and isinstance(value, dict):
        operation["value"] = {
            name: item for name, item in value.items() if name.lower() not in WRITTEN_BY_US
        }
    return operation
