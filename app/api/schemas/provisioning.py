"""Groups of an identity provider with the roles they stand for, and what they propose."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, WithJsonSchema

from app.api.schemas.known_words import RoleProposalStatesOut
from app.core.codes import RolesOut
from app.core.schemas import In, ListIn, Out, PersonOut

STATES = ["proposed", "confirmed", "refused", "withdrawn"]
ProposalState = Annotated[
    str,
    StringConstraints(pattern=f"^({'|'.join(STATES)})$", max_length=20),
    WithJsonSchema({"type": "string", "enum": STATES}),
]
RoleSlug = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80),
    Field(description="A built-in role, or one the school defined."),
]


class ScimGroupListIn(ListIn):
    """Which page of the groups."""


class ScimGroupCard(Out):
    """A group of the identity provider, and its role here."""

    id: UUID = Field(description="Group ID.")
    display_name: str = Field(description="Name of the group.")
    role: RolesOut | None = Field(
        description="Role of its members; null: none. Everyday roles apply at once, safeguarding "
        "roles are proposed."
    )
    members: int = Field(description="Number of members.")
    created_at: datetime = Field(description="When the group was added.")
    changed_at: datetime = Field(description="When the group last changed.")


class GroupRoleIn(In):
    """New role of the group; null: none."""

    role: RoleSlug | None = Field(description="Role members of the group get; null: none.")


class RoleProposalListIn(ListIn):
    """Which proposals."""

    state: ProposalState | None = Field(
        default=None, description="Only those in this state. Default: all."
    )


class RoleProposalOut(Out):
    """A role a directory group would give. A person must approve it."""

    id: UUID = Field(description="Proposal ID.")
    person: PersonOut = Field(description="Person who would get the role.")
    email: str = Field(description="Their email address.")
    role: RolesOut = Field(description="Role that is proposed.")
    group_id: UUID = Field(description="Group that proposes it.")
    group_name: str = Field(description="Name of that group.")
    state: RoleProposalStatesOut = Field(description="State of the proposal.")
    owner: PersonOut | None = Field(description="Person asked first; null: nobody.")
    due_at: datetime = Field(description="Deadline of the proposal.")
    decided_by: PersonOut | None = Field(description="Person who decided; null until then.")
    decided_at: datetime | None = Field(description="When it was decided; null until then.")
    created_at: datetime = Field(description="When the proposal was added.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
