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
    str, StringConstraints(pattern=SOURCE), Field(description="Name of the source, as imported.")
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
        description="`next` from the last answer; `start` is the beginning. Default: now, with no "
        "items.",
    )  # fmt: skip
    limit: int = Field(default=100, ge=1, le=200, description="Maximum number of children.")


class RosterLookUpIn(In):
    """A child of a source. All identifiers you send must match."""

    source: Source
    upn: Number | None = Field(default=None, description="Child's present UPN.")
    former_upn: Number | None = Field(default=None, description="A former UPN of the child.")
    mis_id: Number | None = Field(default=None, description="Child's present MIS ID.")
    source_id: Number | None = Field(default=None, description="ID in the source.")


class RosterContactOut(Out):
    """A contact, as the roster sent it."""

    source_id: str | None = Field(description="ID in the source; null: not sent.")
    as_sent: bool = Field(
        description="`false`: the record differs from what the source last sent; other fields are "
        "null."
    )
    name: str | None = Field(description="Full name; null: not sent.")
    relationship: str | None = Field(description="Who they are to the child; null: not sent.")
    email: str | None = Field(description="Email address; null: not sent.")
    phone: str | None = Field(description="Phone number; null: not sent.")


class RosterChildOut(Out):
    """A child of the roster, as the record is now."""

    source_id: str = Field(description="ID in the source.")
    child_id: UUID = Field(description="Child the row is about.")
    as_sent: bool = Field(
        description="Whether the record matches what the source last sent. `false`: known names "
        "are null."
    )
    gone_at: datetime | None = Field(
        description="When the source no longer had the child; null: it still does."
    )
    legal_given_name: str = Field(description="Legal given name.")
    legal_family_name: str = Field(description="Legal family name.")
    middle_names: str | None = Field(description="Middle names; null: not sent.")
    known_given_name: str | None = Field(
        description="Given name the child is known by; null: not sent."
    )
    known_family_name: str | None = Field(
        description="Family name the child is known by; null: not sent."
    )
    date_of_birth: date | None = Field(description="Date of birth; null: not sent.")
    sex: str | None = Field(description="Sex; null: not sent.")
    year_group: str | None = Field(description="Year group; null: not sent.")
    registration_group: str | None = Field(description="Registration group (form); null: not sent.")
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    entered_on: date | None = Field(description="First day of the last stay on roll; null: none.")
    left_on: date | None = Field(description="Last day of that stay; null: still on roll.")
    identifiers: list[RosterNumberOut] = Field(
        description="UPN, former UPNs, MIS ID and others the source gave."
    )
    contacts: list[RosterContactOut] = Field(description="Contacts of the child in the roster.")


class RosterChildChangesOut(Out):
    """Children of a source that changed since a position."""

    items: list[RosterChildOut] = Field(
        description="Children as they are now, in the order of changes."
    )
    next: str = Field(description="Position to send as `since` next time.")
    more: bool = Field(description="Whether more changes are ready now.")


class RosterFoundOut(Out):
    """The matching child, or each row of a child with several; empty: no match."""

    items: list[RosterChildOut] = Field(description="Matching rows.")


class RosterDigestOut(Out):
    """Digest of one type of row."""

    count: int = Field(description="Number of rows the source has now.")
    sha256: str = Field(description="SHA-256 of the rows in canonical form: see rosters.md.")


class RosterDigestsOut(Out):
    """Digests to compare with your own rows."""

    source: str = Field(description="Source the rows belong to.")
    children: RosterDigestOut = Field(description="Digest of the children.")
    contacts: RosterDigestOut = Field(description="Digest of the contacts.")
    staff: RosterDigestOut = Field(description="Digest of the staff.")


class RosterLastImportOut(Out):
    """The newest import of a source, whatever its result."""

    id: UUID = Field(description="Import ID.")
    state: ImportStatesOut = Field(description="Progress of the import.")
    at: datetime = Field(description="When it was sent.")


class RosterLastGoodOut(Out):
    """The last import of a source that was applied."""

    id: UUID = Field(description="Import ID.")
    at: datetime = Field(description="When it was applied.")
    counts: RosterCountsOut = absent(description="What it changed.")


class RosterHeldOut(Out):
    """An import that needs a person."""

    import_id: UUID = Field(description="Import to review.")
    code: RosterReasonsOut = Field(description="Code of the reason.")
    detail: str = Field(description="Reason in words.")
    since: datetime = Field(description="When it was held.")


class RosterSourceOut(Out):
    """The state of a source."""

    source: str = Field(description="Name of the source.")
    last_import: RosterLastImportOut = Field(description="Newest import, whatever its result.")
    last_good: RosterLastGoodOut | None = Field(
        description="Last import that was applied; null: none yet."
    )
    held: list[RosterHeldOut] = Field(description="Imports that need a person, newest first.")
    stale_after_school_days: int = Field(
        description="School days without an import after which Cairn alerts."
    )
    stale_since: datetime | None = Field(
        description="When it became out of date; null: up to date."
    )
