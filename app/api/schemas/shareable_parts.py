"""What of a child's record may be shared with somebody."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.contacts import MayBeToldOut
from app.api.schemas.known_words import ConcernPartsOut, WhyItStaysOut
from app.api.schemas.lead_availability import CallOut
from app.api.schemas.parents_guards import GuardOut
from app.core.codes import ContactKindsOut, RecipientKindsIn, RecipientKindsOut
from app.core.schemas import BodyFault, Out, PersonOut, PointerOut, VocabularyStatus


class ShareablePartsIn(BaseModel):
    """The recipient: a contact of the child, or a kind of recipient."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact_id: UUID | None = Field(
        default=None, description="Contact of the child to share with. Default: by kind."
    )
    recipient_kind: RecipientKindsIn | None = Field(
        default=None, description="Type of recipient to share with. Default: `parent`."
    )

    @model_validator(mode="after")
    def _says_one(self) -> "ShareablePartsIn":
        if self.contact_id is not None and self.recipient_kind is not None:
            raise BodyFault("give contact_id or recipient_kind, not both")
        return self


class ShareableRecipientOut(Out):
    """A contact, and what stands in the way of sharing with them."""

    contact_id: UUID = Field(description="Contact of the child.")
    kind: RecipientKindsOut = Field(description="Type of recipient.")
    contact_kind: ContactKindsOut = Field(description="What the contact is to the child.")
    name: str = Field(description="Full name.")
    may_be_told: MayBeToldOut = Field(
        description="Whether they may be told about the child, and why."
    )
    allowed: bool = Field(description="Whether you can draft a share with them now.")
    reason_code: WhyItStaysOut | None = Field(
        description="Why you cannot draft a share with them; null: you can."
    )
    takes_two: bool = Field(
        description="Whether two people must approve any share, each with a reason. Single items "
        "may also need two."
    )
    guards: list[GuardOut] = Field(
        description="What guards telling home, for any share. Items add their own."
    )


class ShareablePartOut(Out):
    """A part of a concern."""

    code: ConcernPartsOut = Field(description="Code of the part, for `include` of a share.")
    allowed: bool = Field(description="Whether it can be shared.")
    reason_code: WhyItStaysOut | None = Field(description="Why it cannot be shared; null: it can.")


class ShareableFileOut(Out):
    """A file of a concern."""

    id: UUID = Field(description="File of the concern.")
    file_name: str = Field(description="File name here. Recipients never see it.")
    content_type: str = Field(description="Media type of the file.")
    size: int = Field(description="Size in bytes.")
    allowed: bool = Field(description="Whether it can be shared.")
    reason_code: WhyItStaysOut | None = Field(description="Why it cannot be shared; null: it can.")


class ShareableItemOut(PointerOut):
    """A concern, decision, status or record of the child. Send `kind` and `id` in a share."""

    reference: str | None = Field(
        description="Concern reference that people use; null: no concern."
    )
    code: str | None = Field(
        description="Main category of a concern, or kind of a decision, status or record; null: "
        "not said."
    )
    at: datetime = Field(description="When it was recorded or happened.")
    allowed: bool = Field(description="Whether it can be shared.")
    reason_code: WhyItStaysOut | None = Field(
        description="Why it cannot be shared, or why it needs a reason; null: neither."
    )
    needs_reason: bool = Field(description="Whether the share must say why it includes this.")
    parts: list[ShareablePartOut] = Field(
        description="Parts of a concern you can share; empty: not a concern."
    )
    attachments: list[ShareableFileOut] = Field(
        description="Files of a concern you can share; empty: none."
    )
    guards: list[GuardOut] = Field(
        description="What guards telling home about it, for any recipient; empty: nothing, or it "
        "cannot be shared."
    )


class ShareablePartsOut(Out):
    """What you may share from a child's record, and with which people."""

    child: PersonOut = Field(description="Child the record is about.")
    recipient_kind: RecipientKindsOut = Field(description="Type of recipient that was checked.")
    recipients: list[ShareableRecipientOut] = Field(
        description="The contact you asked about, or all of this type, in the order to call."
    )
    social_care: CallOut | None = Field(
        description="Number of children's social care; null: not known, or nobody at home asked "
        "about."
    )
    items: list[ShareableItemOut] = Field(
        max_length=200, description="Items you may see, newest first."
    )
    more: bool = Field(description="Whether there are older items.")
    vocabulary_status: VocabularyStatus
