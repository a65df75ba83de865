"""What rosters brought in: facts of children, and nothing that people added."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.known_words import RosterReasonsOut
from app.api.schemas.roster import RosterCountsOut, RosterNumberOut
from app.core.codes import ImportStatesOut, RollStatusesOut
from app.core.schemas import In, ListIn, Out, absent
from app.domain.exchange.imports.schemas import SOURCE

Source = Annotated[
    str, StringConstraints(pattern=SOURCE), Field(description="The source, as it was imported.")
]
Number = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class RosterChildrenQuery(ListIn):
    """Which source."""

    source: Source = Field(description="Source to compare with.")


class RosterDigestsQuery(BaseModel):
    """Which source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source = Field(description="Source to compare with.")


class RosterChildChangesQuery(RosterDigestsQuery):
    """Which source, from where, and how much."""

    since: str | None = Field(
        default=None, max_length=120,
        description="`next` of the last answer; `start` is the beginning. Without it the answer is "
        "empty and its `next` is now.",
    )  # fmt: skip
    limit: int = Field(default=100, ge=1, le=200, description="Children at most.")


class RosterLookUpIn(In):
    """Which child of a source: the one that has every number that is named."""

    source: Source
    upn: Number | None = Field(default=None, description="The UPN the child has now.")
    former_upn: Number | None = Field(default=None, description="A UPN the child had before.")
    mis_id: Number | None = Field(default=None, description="The MIS id the child has now.")
    source_id: Number | None = Field(default=None, description="The id of the row in the source.")


class RosterContactOut(Out):
    """A contact of a child, as the roster sent it."""

    source_id: str | None = Field(description="The id of the contact in the source.")
    as_sent: bool = Field(
        description="False: the record differs from what the source last sent; the rest is null."
    )
    name: str | None = Field(description="Full name; null: not sent.")
    relationship: str | None = Field(description="Who they are to the child; null: not sent.")
    email: str | None = Field(description="Email address; null: not sent.")
    phone: str | None = Field(description="Phone number; null: not sent.")


class RosterChildOut(Out):
    """What a roster says of a child, as the record now has it."""

    source_id: str = Field(description="The id of the row in the source.")
    child_id: UUID = Field(description="Child the child is about.")
    as_sent: bool = Field(
        description="Whether the record has what the source last sent. False: known names are null."
    )
    gone_at: datetime | None = Field(
        description="When the source had the child no more. Null: it still has."
    )
    legal_given_name: str = Field(description="Legal given name.")
    legal_family_name: str = Field(description="Legal family name.")
    middle_names: str | None = Field(description="Middle names.")
    known_given_name: str | None = Field(description="Given name the child is known by.")
    known_family_name: str | None = Field(description="Family name the child is known by.")
    date_of_birth: date | None = Field(description="Date of birth; null: not sent.")
    sex: str | None = Field(description="Sex; null: not sent.")
    year_group: str | None = Field(description="Year group; null: not sent.")
    registration_group: str | None = Field(description="Registration group (form); null: not sent.")
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    entered_on: date | None = Field(description="First day of the last stay on roll.")
    left_on: date | None = Field(description="Last day of that stay. Null: it goes on.")
    identifiers: list[RosterNumberOut] = Field(
        description="UPN, former UPNs, MIS id, and what the source gave."
    )
    contacts: list[RosterContactOut] = Field(description="Contacts of the child in the roster.")


class RosterChildChangesOut(Out):
    """Children of a source that changed after a place."""

    items: list[RosterChildOut] = Field(description="Each as it is now, in the order of changes.")
    next: str = Field(description="Send as `since` to read on.")
    more: bool = Field(description="Whether there is more to read now.")


class RosterFoundOut(Out):
    """What a look-up found: nobody, one child, or each row of a child who has several."""

    items: list[RosterChildOut] = Field(description="Children that were found.")


class RosterDigestOut(Out):
    """Rows of one kind."""

    count: int = Field(description="How many rows the source has now.")
    sha256: str = Field(description="SHA-256 of the rows in canonical form: see rosters.md.")


class RosterDigestsOut(Out):
    """What the sender compares with its own rows."""

    source: str = Field(description="Source the rows belong to.")
    children: RosterDigestOut = Field(description="Digest of the children.")
    contacts: RosterDigestOut = Field(description="Digest of the contacts.")
    staff: RosterDigestOut = Field(description="Digest of the staff.")


class RosterLastImportOut(Out):
    """The newest import of a source, whatever became of it."""

    id: UUID = Field(description="Import ID.")
    state: ImportStatesOut = Field(description="How far it is.")
    at: datetime = Field(description="When it was sent.")


class RosterLastGoodOut(Out):
    """The last import of a source that was applied."""

    id: UUID = Field(description="Import ID.")
    at: datetime = Field(description="When it was applied.")
    counts: RosterCountsOut = absent(description="What it changed.")


class RosterHeldOut(Out):
    """An import that needs a person."""

    import_id: UUID = Field(description="Import to look at.")
    code: RosterReasonsOut = Field(description="Code of the reason.")
    detail: str = Field(description="The reason in words.")
    since: datetime = Field(description="When it was held.")


class RosterSourceOut(Out):
    """How a source is doing."""

    source: str = Field(description="Name of the source.")
    last_import: RosterLastImportOut = Field(description="Newest import, whatever its result.")
    last_good: RosterLastGoodOut | None = Field(
        description="Last import that was applied; null: none yet."
    )
    held: list[RosterHeldOut] = Field(description="The newest first.")
    stale_after_school_days: int = Field(
        description="School days without an import after which Cairn alerts."
    )
    stale_since: datetime | None = Field(
        description="When it became out of date. Null: up to date."
    )
