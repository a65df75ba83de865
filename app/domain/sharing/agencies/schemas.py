"""What an agency is added from."""

from typing import Annotated

from pydantic import Field

from app.core.codes import DeliveryRoutesIn, RecipientKindsIn, ReferralKindsIn
from app.core.schemas import In, Line, NewId, SeveralLines, Word
from app.domain.sharing.referral_drafts.schemas import Variant

FormVariants = Annotated[
    dict[ReferralKindsIn, Variant],
    Field(
        max_length=40,
        description="The local form this agency wants for a kind of referral.",
    ),
]


class AgencyIn(In):
    """A new agency."""

    id: NewId = None
    name: Line = Field(description="Name of the agency.")
    kind: RecipientKindsIn = Field(description="Type of agency.")
    route: DeliveryRoutesIn = Field(description="How to send referrals to it.")
    local_authority: Line | None = Field(
        default=None, description="Local authority, by code or name."
    )
    phone: Word | None = Field(default=None, description="Phone number in office hours.")
    out_of_hours_phone: Word | None = Field(default=None, description="Phone number out of hours.")
    email: Line | None = Field(default=None, description="Email address.")
    address: SeveralLines | None = Field(default=None, description="Postal address.")
    form_variants: FormVariants = Field(default_factory=dict)
