"""The trail as clients read it: entries, checkpoints, proofs and keys."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.written import WrittenPart
from app.core.codes import EventKindsOut, RolesOut
from app.core.schemas import ListIn, Moment, Out, PointerOut

WORD = r"^[a-z][a-z_]*$"
VERB = r"^[a-z][a-z_]*\.[a-z][a-z_]*$"


class AuditListIn(ListIn):
    """Which entries."""

    actor_id: UUID | None = Field(default=None, description="Only what this person did.")
    child_id: UUID | None = Field(
        default=None, description="Only about this child, or searches that showed them."
    )
    about_kind: str | None = Field(
        default=None, pattern=WORD, max_length=60, description="Only records of this kind."
    )
    about_id: UUID | None = Field(default=None, description="Only what was done to this record.")
    verb: str | None = Field(
        default=None,
        pattern=VERB,
        max_length=60,
        description="Only this type of event, such as `concern.raised`.",
    )
    since: Moment | None = Field(
        default=None, description="Only what was done at or after this time."
    )
    until: Moment | None = Field(default=None, description="Only what was done before this time.")


class AuditEntryOut(Out):
    """One audited act: the person, role, session, action and record."""

    id: UUID = Field(description="Audit log entry ID.")
    at: datetime = Field(description="When the request began.")
    actor_id: UUID = Field(description="Person or program that did it.")
    actor_role: RolesOut = Field(description="Role they acted in.")
    session_id: UUID | None = Field(
        description="Session it was done in; null: a background job or the command line."
    )
    request_id: str | None = Field(
        description="Request ID, as in `instance` of a problem; null: no request."
    )
    verb: EventKindsOut = Field(description="What was done.")
    about: PointerOut | None = Field(description="Record it was done to; null: no single record.")
    child_id: UUID | None = Field(description="Child the record is about; null: none.")
    reason: str | None = Field(description="Reason given; null: none.")
    before_hash: str | None = Field(description="SHA-256 (hex) of the record before; null: none.")
    after_hash: str | None = Field(description="SHA-256 (hex) of the record after; null: none.")
    details: dict[str, WrittenPart] = Field(description="IDs, codes and field names.")
    index: int | None = Field(description="Position in the log; null until sealed.")


class CheckpointOut(Out):
    """A signed checkpoint of the log. Trust only `note`; the other fields are read from it."""

    number: int = Field(description="Checkpoint number, rising by one.")
    size: int = Field(description="Entries in the log.")
    root: str = Field(description="Root of the RFC 6962 tree, in base64.")
    previous_root: str = Field(description="Root of the previous checkpoint, in base64.")
    sealed_at: datetime = Field(description="When it was signed.")
    epoch: int = Field(description="Rises each time the database is restored on another server.")
    key: str = Field(description="Name of the signing key.")
    note: str = Field(description="The signed note (C2SP tlog-checkpoint).")


class InclusionProofOut(Out):
    """Proof that an entry is in the log. You can check it without this server."""

    entry_id: UUID = Field(description="Entry the proof is about.")
    entry: str = Field(description="Hashed bytes of the entry, as UTF-8 text.")
    leaf_hash: str = Field(description="SHA-256 of a zero byte and the entry, in base64.")
    index: int = Field(description="Position of the entry in the log, from 0.")
    size: int = Field(description="Entries in the log the proof is for.")
    hashes: list[str] = Field(description="The proof (RFC 9162, 2.1.3), in base64.")
    checkpoint: CheckpointOut = Field(description="Checkpoint whose root the proof reaches.")


class ConsistencyIn(BaseModel):
    """Two sizes of the log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_size: int = Field(default=1, ge=1, le=2**53, description="Size of the earlier checkpoint.")
    to_size: int | None = Field(
        default=None,
        ge=1,
        le=2**53,
        description="Size of the later checkpoint. Default: the newest.",
    )


class ConsistencyProofOut(Out):
    """Proof that the log only grew: the later tree begins with the earlier one."""

    from_size: int = Field(description="Entries in the earlier log.")
    to_size: int = Field(description="Entries in the later log.")
    from_root: str = Field(
        description="Root of the earlier log, in base64. Compare it with the checkpoint you kept."
    )
    to_root: str = Field(description="Root of the later log, in base64.")
    hashes: list[str] = Field(description="The proof (RFC 9162, 2.1.4), in base64.")


class SealKeyOut(Out):
    """A public key of this server's log. Keep it, and compare it later."""

    name: str = Field(description="Name in the signed note.")
    line: str = Field(description="Verifier line (C2SP signed note).")
    public_key: str = Field(description="Ed25519, 32 bytes in base64.")
    since: datetime = Field(description="When it started to sign.")
    retired: bool = Field(description="Whether it no longer signs. Old checkpoints still name it.")
