"""Where a file goes and what travels with it, and why a prepared transfer ends."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import TransferReasonsIn
from app.core.public_keys import PublicKeyIn
from app.core.schemas import Day, In, Line, Moment, Narrative, NewId, Word


class ReceiverKeyIn(PublicKeyIn):
    """Another school's public encryption key: P-256, as a JWK."""

    use: Literal["enc"] | None = None


class SigningKeyIn(PublicKeyIn):
    """Another school's public key for signing receipts: P-256, as a JWK."""

    use: Literal["sig"] | None = None


class SchoolDestinationIn(In):
    """A school on this server. Cairn delivers the packet."""

    kind: Literal["school"]
    school_id: UUID = Field(description="School on this server.")


class ElsewhereDestinationIn(In):
    """A school on another system. A key or passphrase locks the packet."""

    kind: Literal["elsewhere"]
    name: Line = Field(description="Name of the school.")
    urn: Word | None = Field(default=None, description="Unique reference number.")
    lead: Line | None = Field(default=None, description="Safeguarding lead there.")
    email: Line | None = Field(default=None, description="Email address of the school.")
    route: Literal["key", "passphrase"] = Field(
        description="Whether a key or a passphrase locks the packet."
    )
    receiver_key: ReceiverKeyIn | None = Field(
        default=None, description="The school's public encryption key. Only with `route: key`."
    )
    signing_key: SigningKeyIn | None = Field(
        default=None,
        description="The school's public signing key, if it publishes one. Cairn checks its "
        "receipt with it.",
    )


class UnknownDestinationIn(In):
    """Destination not known yet."""

    kind: Literal["unknown"]


class AuthorityToldIn(In):
    """The local authority told that the file stays, when and by which person."""

    name: Line = Field(description="Local authority that was told.")
    at: Moment = Field(description="When it was told.")
    by: Line = Field(description="Person who told it.")


class SocialWorkerToldIn(In):
    """The social worker told that the child has left, when and by which person."""

    name: Line = Field(description="Social worker who was told.")
    at: Moment = Field(description="When they were told.")
    by: Line = Field(description="Person who told them.")


class RetainedDestinationIn(In):
    """No school to send it to. The file stays, and the local authority is told."""

    kind: Literal["retained"]
    authority_told: AuthorityToldIn = Field(description="Local authority told that the file stays.")
    social_worker_told: SocialWorkerToldIn | None = Field(
        default=None,
        description="Social worker told. Required before approval if the child has one.",
    )


DestinationIn = Annotated[
    SchoolDestinationIn | ElsewhereDestinationIn | UnknownDestinationIn | RetainedDestinationIn,
    Field(discriminator="kind"),
]


class ChosenItemIn(In):
    """A record sent only if a lead chooses it: class K5, or a file about several children."""

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
    id: UUID = Field(description="Record to send.")
    reason: Line = Field(description="Why you send it.")


Items = Annotated[list[ChosenItemIn], Field(max_length=200)]


class TransferIn(In):
    """A new transfer."""

    id: NewId
    child_id: UUID = Field(description="Child whose file moves.")
    reason_code: TransferReasonsIn = Field(description="Why the file moves.")
    destination: DestinationIn = Field(description="School it goes to, or why it stays.")
    left_on: Day | None = Field(
        default=None, description="Last day at school. Default: by the enrolment."
    )
    items: Items = Field(
        default_factory=list, description="Records to send that do not go automatically."
    )
    note: Narrative | None = Field(
        default=None, description="Note to the other school, sent with the file."
    )
