"""Orders to write a whole school into an encrypted file."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import SchoolExportStatesOut
from app.core.public_keys import PublicKeyIn
from app.core.schemas import In, Narrative, Out, PersonOut, Word, words
from app.domain.exchange.school_exports.rules import SENTENCES


class ExportKeyIn(PublicKeyIn):
    """The public key of the person who will open the file: P-256, as a JWK."""

    use: Literal["enc"] | None = None


class OrderSchoolExportIn(In):
    """Why the school is exported, and who will be able to open the file."""

    reason: Narrative = Field(description="Why the school is exported.")
    public_key: ExportKeyIn = Field(description="Public key of the person who will open the file.")


class ApproveSchoolExportIn(In):
    """Which key the approver has made sure of."""

    thumbprint: Word = Field(
        description="RFC 7638 thumbprint of the key, as its owner reads it out to you."
    )


class ExportApprovalOut(Out):
    """Somebody who stands for it."""

    by: UUID = Field(description="Person who approved it.")
    at: datetime = Field(description="When they approved it.")
    reads_sealed: bool = Field(description="Whether they read class K5.")


ExportFaultsOut: Any = words("ExportFaults", SENTENCES)


class ExportFaultOut(Out):
    """Why it stopped."""

    code: ExportFaultsOut = Field(description="Code of the fault.")
    detail: str = Field(description="What went wrong, in words.")


class SchoolExportOut(Out):
    """One order, and what became of it."""

    id: UUID = Field(description="Export ID.")
    reason: str = Field(description="Why the school is exported.")
    thumbprint: str = Field(
        description="Thumbprint of the only key that opens the file (RFC 7638)."
    )
    ordered_by: PersonOut = Field(description="A member of staff, or a service key.")
    by_key: bool = Field(description="Whether a program ordered it.")
    ordered_at: datetime = Field(description="When it was ordered.")
    approvals: list[ExportApprovalOut] = Field(
        description="People who stand for it, a head or lead who ordered it among them."
    )
    state: SchoolExportStatesOut = Field(description="How far the export is.")
    fault: ExportFaultOut | None = Field(description="Why it stopped.")
    done: int = Field(description="Parts that are written.")
    total: int = Field(description="All parts; 0 until it begins.")
    size: int | None = Field(description="Bytes of the file.")
    sha256: str | None = Field(description="SHA-256 of the file, in hexadecimal.")
    expires_at: datetime = Field(
        description="Until when it can be approved; once ready, until when it can be downloaded."
    )
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    ended_by: PersonOut | None = Field(
        description="Person who refused or cancelled it; null: nobody."
    )
    end_reason: str | None = Field(description="Why it was refused or cancelled; null: it was not.")
    file: str | None = Field(description="Where the file is, while it can be downloaded.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
