"""The resources this service keeps, as SCIM describes them: what is not here is ignored."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Meta,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

BASE = "/scim/v2"
MOST_RESULTS = 200
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LENIENT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""What identity providers are known to send beyond the letter of RFC 7644 is understood."""


class Name(ComplexAttribute):
    """The parts of a person's name."""

    formatted: Annotated[str | None, Field(description="The whole name.")] = None
    family_name: Annotated[str | None, Field(description="The family name.")] = None
    given_name: Annotated[str | None, Field(description="The given name.")] = None


class Email(ComplexAttribute):
    """An email address."""

    value: Annotated[str | None, Field(description="The address.")] = None
    type: Annotated[
        str | None, Field(description="What it is for.", examples=["work", "home", "other"])
    ] = None
    primary: Annotated[bool | None, Field(description="Whether mail goes there.")] = None


class UserGroup(ComplexAttribute):
    """A group somebody is in."""

    value: Annotated[
        str | None, Mutability.read_only, CaseExact.true, Field(description="The group's id.")
    ] = None
    ref: Annotated[
        Reference["Group"] | None, Mutability.read_only, Field(description="Where the group is.")
    ] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    display: Annotated[str | None, Mutability.read_only, Field(description="The group's name.")] = (
        None
    )


class User(Resource[Any]):
    """A member of staff."""

    __schema__ = URN(USER)

    user_name: Annotated[
        str | None, Uniqueness.server, Required.true,
        Field(description="The name the person goes by at the identity provider, in any case."),
    ] = None  # fmt: skip
    name: Annotated[Name | None, Field(description="The parts of the name.")] = None
    Name: ClassVar[type[ComplexAttribute]] = Name
    display_name: Annotated[str | None, Field(description="The name colleagues see.")] = None
    title: Annotated[str | None, Field(description="The job title.")] = None
    active: Annotated[
        bool | None, Required.true,
        Field(description="False ends every session and refuses new ones; true at first."),
    ] = None  # fmt: skip
    emails: Annotated[list[Email] | None, Field(description="Email addresses.")] = None
    Emails: ClassVar[type[ComplexAttribute]] = Email
    groups: Annotated[
        list[UserGroup] | None, Mutability.read_only, Field(description="Groups of the person.")
    ] = None
    Groups: ClassVar[type[ComplexAttribute]] = UserGroup


class EnterpriseUser(Extension):
    """What an employer adds."""

    __schema__ = URN(ENTERPRISE)

    employee_number: Annotated[str | None, Field(description="The number as staff.")] = None
    department: Annotated[str | None, Field(description="The department.")] = None


StaffUser: Any = User[EnterpriseUser]  # type: ignore[misc]


class GroupMember(ComplexAttribute):
    """Somebody in a group."""

    value: Annotated[
        str | None, Mutability.immutable, CaseExact.true, Field(description="The user's id.")
    ] = None
    ref: Annotated[
        Reference["User"] | None, Mutability.immutable, Field(description="Where the user is.")
    ] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    type: Annotated[
        str | None, Mutability.immutable, Field(description="Always User.", examples=["User"])
    ] = None


class Group(Resource[Any]):
    """A group of the identity provider."""

    __schema__ = URN(GROUP)

    display_name: Annotated[str | None, Required.true, Field(description="The group's name.")] = (
        None
    )
    members: Annotated[list[GroupMember] | None, Field(description="Who is in it.")] = None
    Members: ClassVar[type[ComplexAttribute]] = GroupMember


USER_REFERENCE: Any = Reference["User"]
GROUP_REFERENCE: Any = Reference["Group"]


def meta(kind: str, address: str, created: datetime, changed: datetime, version: int) -> Meta:
    """The part of a resource that the service writes; `address` is the whole URL."""
    return Meta(
        resource_type=kind,
        created=created,
        last_modified=changed,
        location=address,
        version=f'W/"{version}"',
    )


def resource_types(base_url: str) -> dict[str, ResourceType]:
    """The kinds of resource there are, by id."""
    items = [ResourceType.from_resource(model) for model in (StaffUser, Group)]
    for item in items:
        item.meta = Meta(
            resource_type="ResourceType", location=f"{base_url}{BASE}/ResourceTypes/{item.id}"
        )
    return {str(item.id): item for item in items}


def schemas(base_url: str) -> dict[str, Schema]:
    """Every schema there is, by its URN."""
    models = (User, EnterpriseUser, Group, ResourceType, ServiceProviderConfig, Schema)
    items = [model.to_schema() for model in models]
    for item in items:
        item.meta = Meta(resource_type="Schema", location=f"{base_url}{BASE}/Schemas/{item.id}")
    return {str(item.id): item for item in items}


def provider_config(base_url: str) -> ServiceProviderConfig:
    """What of the protocol is spoken here."""
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="OAuth bearer token",
                description="An access token of a service key with the scope staff:provision.",
            )
        ],
        meta=Meta(
            resource_type="ServiceProviderConfig",
            location=f"{base_url}{BASE}/ServiceProviderConfig",
        ),
    )
