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
    """Public key of the person who will open the file: P-256, as a JWK."""

    use: Literal["enc"] | None = None


class OrderSchoolExportIn(In):
    """Why you export the school, and the key of the person who will open the file."""

    reason: Narrative = Field(description="Why you export the school.")
    public_key: ExportKeyIn = Field(description="Public key of the person who will open the file.")


class ApproveSchoolExportIn(In):
    """The key you have checked."""

    thumbprint: Word = Field(
        description="RFC 7638 thumbprint of the key, as its owner reads it to you."
    )


class ExportApprovalOut(Out):
    """One person's approval of the export."""

    by: UUID = Field(description="Person who approved it.")
    at: datetime = Field(description="When they approved it.")
    reads_sealed: bool = Field(description="Whether they may read class K5.")


ExportFaultsOut: Any = words("ExportFaults", SENTENCES)


class ExportFaultOut(Out):
    """Why the export stopped."""

    code: ExportFaultsOut = Field(description="Code of the fault.")
    detail: str = Field(description="What went wrong, in words.")


class SchoolExportOut(Out):
    """One export of the school, and its progress."""

    id: UUID = Field(description="Export ID.")
    reason: str = Field(description="Why the school is exported.")
    thumbprint: str = Field(description="RFC 7638 thumbprint of the only key that opens the file.")
    ordered_by: PersonOut = Field(description="Member of staff or service key that ordered it.")
    by_key: bool = Field(description="Whether a service key ordered it.")
    ordered_at: datetime = Field(description="When it was ordered.")
    approvals: list[ExportApprovalOut] = Field(
        description="People who approved it, including a head or lead who ordered it."
    )
    state: SchoolExportStatesOut = Field(description="Progress of the export.")
    fault: ExportFaultOut | None = Field(description="Why it stopped; null: it did not.")
    done: int = Field(description="Parts written.")
    total: int = Field(description="Total parts; 0 until it starts.")
    size: int | None = Field(description="Size of the file in bytes; null: no file yet.")
    sha256: str | None = Field(description="SHA-256 of the file, in hexadecimal; null until ready.")
    expires_at: datetime = Field(
        description="When approval ends; once ready, when the download ends."
    )
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    ended_by: PersonOut | None = Field(
        description="Person who refused or cancelled it; null: nobody."
    )
    end_reason: str | None = Field(description="Why it was refused or cancelled; null: it was not.")
    file: str | None = Field(description="Address of the file; null: no download now.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
