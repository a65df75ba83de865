"""Where a file goes and what travels with it, and why a prepared transfer ends."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import TransferReasonsIn
from app.core.public_keys import PublicKeyIn
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId, Word


class ReceiverKeyIn(PublicKeyIn):
    """The public key that a school elsewhere publishes for encryption: P-256, as a JWK."""

    use: Literal["enc"] | None = None


class SigningKeyIn(PublicKeyIn):
    """The public key with which a school elsewhere proves its receipts: P-256, as a JWK."""

    use: Literal["sig"] | None = None


class SchoolDestinationIn(In):
    """A school of this server, by its id; the packet is delivered by itself."""

    kind: Literal["school"]
    school_id: UUID = Field(description="School on this server.")


class ElsewhereDestinationIn(In):
    """A school with another system: the packet is locked to its key, or with a passphrase."""

    kind: Literal["elsewhere"]
    name: Line = Field(description="Name of the school.")
    urn: Word | None = Field(default=None, description="Unique reference number.")
    lead: Line | None = Field(default=None, description="Safeguarding lead there.")
    email: Line | None = Field(default=None, description="Email address there.")
    route: Literal["key", "passphrase"] = Field(
        description="Whether a key or a passphrase locks the packet."
    )
    receiver_key: ReceiverKeyIn | None = Field(
        default=None, description="Public key of the school, for `key`."
    )
    signing_key: SigningKeyIn | None = Field(
        default=None, description="Where it publishes one: its receipt is known by it."
    )


class UnknownDestinationIn(In):
    """Nobody knows yet."""

    kind: Literal["unknown"]


class AuthorityToldIn(In):
    """Which authority was told that the file stays, when and who by."""

    name: Line = Field(description="Local authority that was told.")
    at: Moment = Field(description="When it was told.")
    by: Line = Field(description="Person who told it.")


class SocialWorkerToldIn(In):
    """Which social worker was told that the child has left, when and who by."""

    name: Line = Field(description="Social worker who was told.")
    at: Moment = Field(description="When they were told.")
    by: Line = Field(description="Person who told them.")


class RetainedDestinationIn(In):
    """There is no school to send it to: it stays here, and the authority is told."""

    kind: Literal["retained"]
    authority_told: AuthorityToldIn = Field(
        description="Authority that was told that the file stays."
    )
    social_worker_told: SocialWorkerToldIn | None = Field(
        default=None, description="Needed before approval where the child has a social worker."
    )


DestinationIn = Annotated[
    SchoolDestinationIn | ElsewhereDestinationIn | UnknownDestinationIn | RetainedDestinationIn,
    Field(discriminator="kind"),
]


class ChosenItemIn(In):
    """What travels only because a lead says so: of class K5, or a file about several children."""

    kind: Literal[
        "concern",
        "status",
        "decision",
        "record",
        "meeting",
        "share",
        "referral",
        "attachment",
        "received_record",
        "past_entry",
    ] = Field(description="Type of the record.")
    id: UUID = Field(description="Record that travels.")
    reason: Line = Field(description="Why it travels.")


Items = Annotated[list[ChosenItemIn], Field(max_length=200)]


class TransferIn(In):
    """A transfer to prepare."""

    id: NewId
    child_id: UUID = Field(description="Child whose file moves.")
    reason_code: TransferReasonsIn = Field(description="Why the file moves.")
    destination: DestinationIn = Field(description="School it goes to, or why it stays.")
    left_on: Day | None = Field(default=None, description="Last day. Default: by the enrolment.")
    items: Items = Field(
        default_factory=list, description="Records that travel only because you say so."
    )
    note: Narrative | None = Field(default=None, description="Goes with the file.")
