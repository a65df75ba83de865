"""The trail as clients read it: entries, checkpoints, proofs and keys."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.written import WrittenPart
from app.core.codes import EventKindsOut
from app.core.schemas import ListIn, Moment, Out, PointerOut

WORD = r"^[a-z][a-z_]*$"
VERB = r"^[a-z][a-z_]*\.[a-z][a-z_]*$"


class AuditListIn(ListIn):
    """Which entries."""

    actor_id: UUID | None = Field(default=None, description="Done by this person.")
    child_id: UUID | None = Field(
        default=None, description="About this child, or a search that showed the child."
    )
    about_kind: str | None = Field(
        default=None, pattern=WORD, max_length=60, description="Only records of this kind."
    )
    about_id: UUID | None = Field(default=None, description="Done to this record.")
    verb: str | None = Field(
        default=None,
        pattern=VERB,
        max_length=60,
        description="Only this event, such as `concern.raised`.",
    )
    since: Moment | None = Field(default=None, description="Done at or after.")
    until: Moment | None = Field(default=None, description="Done before.")


class AuditEntryOut(Out):
    """One thing that was done: who, in which role and session, did what to what."""

    id: UUID = Field(description="Entry ID.")
    at: datetime = Field(description="When the command began.")
    actor_id: UUID = Field(description="Person or program that did it.")
    actor_role: str = Field(description="A built-in role's name or that of the school's own.")
    session_id: UUID | None = Field(
        description="Session it was done in; null: a job or an operator's command."
    )
    request_id: str | None = Field(
        description="Request it was part of, as in `instance`; null: no request."
    )
    verb: EventKindsOut = Field(description="What was done.")
    about: PointerOut | None = Field(description="What it was done to; null: no single record.")
    child_id: UUID | None = Field(description="Child the record is about; null: none.")
    reason: str | None = Field(description="Reason that was given; null: none.")
    before_hash: str | None = Field(description="SHA-256 of what it was before, in hex.")
    after_hash: str | None = Field(description="SHA-256 of what it was afterwards, in hex.")
    details: dict[str, WrittenPart] = Field(description="Ids, codes and names of fields.")
    index: int | None = Field(description="Position in the log; null until sealed.")


class CheckpointOut(Out):
    """What was signed about the log after a batch; only `note` counts, the rest is read from it."""

    number: int = Field(description="Number of the checkpoint, rising by one.")
    size: int = Field(description="How many entries the log had.")
    root: str = Field(description="Root of the RFC 6962 tree over them, in base64.")
    previous_root: str = Field(description="Root hash of the checkpoint before, in hex.")
    sealed_at: datetime = Field(description="When it was signed.")
    epoch: int = Field(description="Rises when the database was restored on another server.")
    key: str = Field(description="Name of the key that has signed.")
    note: str = Field(description="The signed note (C2SP tlog-checkpoint).")


class InclusionProofOut(Out):
    """Proof that an entry is in the log, checked without this server."""

    entry_id: UUID = Field(description="Entry the proof is about.")
    entry: str = Field(description="The bytes that were hashed, as UTF-8 text.")
    leaf_hash: str = Field(description="SHA-256 of a zero byte and the entry, in base64.")
    index: int = Field(description="Position of the entry in the log, from 0.")
    size: int = Field(description="Entries in the tree the proof is for.")
    hashes: list[str] = Field(description="The proof (RFC 9162, 2.1.3), in base64.")
    checkpoint: CheckpointOut = Field(description="Checkpoint the proof leads to.")


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
    from_root: str = Field(description="Compare it with the earlier checkpoint you kept.")
    to_root: str = Field(description="Root hash of the later log, in hex.")
    hashes: list[str] = Field(description="The proof (RFC 9162, 2.1.4), in base64.")


class SealKeyOut(Out):
    """A public key of this installation's log; keep it, and compare it with the one you have."""

    name: str = Field(description="Name in the signed note.")
    line: str = Field(description="As verifiers take it (C2SP signed note).")
    public_key: str = Field(description="Ed25519, 32 bytes in base64.")
    since: datetime = Field(description="When it began to sign.")
    retired: bool = Field(description="Whether it has stopped signing; old checkpoints name it.")
