"""The adults around a child, and what they may do."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from app.core.codes import (
    ContactKindsIn,
    ContactKindsOut,
    ParentalResponsibilityIn,
    ParentalResponsibilityOut,
)
from app.core.schemas import (
    CHANGE_REASON,
    Address,
    Day,
    In,
    Line,
    NewId,
    Out,
    SeveralLines,
    Told,
    Word,
    absent,
)
from app.domain.record.children.rules import plain_address, plain_number

YesNo = Literal["yes", "no", "unknown"]
ContactAllowed = Literal["yes", "no", "supervised", "unknown"]
OrderKind = Literal[
    "child_arrangements",
    "prohibited_steps",
    "specific_issue",
    "non_molestation",
    "occupation",
    "special_guardianship",
    "care",
    "emergency_protection",
    "other",
]


class CourtOrderIn(In):
    """A court order as the school read it, not as somebody described it."""

    kind: OrderKind
    summary: SeveralLines
    made_on: Day | None = None
    ends_on: Day | None = None
    forbids_telling: StrictBool = Field(
        default=False, description="Whether it keeps this person from being told about the child."
    )


def _as_kept(orders: list[CourtOrderIn]) -> list[dict[str, Any]]:
    return [order.model_dump(mode="json") for order in orders]


CourtOrders = Annotated[list[CourtOrderIn], Field(max_length=20), AfterValidator(_as_kept)]


def _address(text: str) -> str:
    found = plain_address(text)
    if found is None:
        raise Told("this is no plain e-mail address")
    return found


def _number(text: str) -> str:
    found = plain_number(text)
    if found is None:
        raise Told("this is not a phone number: give digits, with an extension if there is one")
    return found


ContactEmail = Annotated[
    Line,
    AfterValidator(_address),
    Field(description="One plain address. Kept without what is not seen, its domain in ASCII."),
]
ContactPhone = Annotated[
    Word,
    AfterValidator(_number),
    Field(
        description="Digits as they are dialled; `ext 4` and several with `/` between are taken."
    ),
]


class ContactFactsIn(In):
    """What is known of a contact, and what they may do."""

    kind: ContactKindsIn = absent()
    name: Line = absent()
    organisation: Line | None = absent()
    email: ContactEmail | None = absent()
    phone: ContactPhone | None = absent()
    address: Address | None = absent()
    language: Word | None = absent()
    parental_responsibility: ParentalResponsibilityIn = absent()
    lives_with: YesNo = absent()
    is_parent: StrictBool = absent()
    contact_allowed: ContactAllowed = absent()
    restriction: SeveralLines | None = absent()
    court_orders: CourtOrders = absent()
    may_be_told: StrictBool | None = absent()
    may_be_told_reason: SeveralLines = absent()
    alleged_source_of_harm: StrictBool = absent()
    priority: Annotated[StrictInt, Field(ge=1, le=99)] | None = absent()


class ContactPatch(ContactFactsIn):
    """A merge patch: absent fields stay, null empties.

    Restrictions, `alleged_source_of_harm`, `may_be_told` and another `parental_responsibility`
    need the permission to safeguard; a value of `may_be_told` needs its reason beside it, and
    null goes back to the derived one.
    """

    reason: SeveralLines = absent(description=CHANGE_REASON)


class ContactIn(ContactFactsIn):
    """A new contact of a child; never merged with another of the same name."""

    id: NewId
    kind: ContactKindsIn
    name: Line
    valid_from: Day | None = absent()


class CourtOrderOut(Out):
    """A court order."""

    kind: str
    summary: str
    made_on: date | None
    ends_on: date | None
    forbids_telling: bool


class MayBeToldOut(Out):
    """Whether this person may be told about the child, and why."""

    value: bool
    derived: bool = Field(description="False where a person set it; `reason` is then theirs.")
    reason: str = Field(
        description="A person's own words, or a code: `restricted_person` is somebody with the "
        "name, address or phone number of a contact who may not be told."
    )


class ContactOut(Out):
    """A contact of a child; the safeguarding side is absent for those who do not read it."""

    id: UUID
    child_id: UUID
    kind: ContactKindsOut
    name: str
    organisation: str | None
    email: str | None
    phone: str | None
    address: str | None
    language: str | None
    parental_responsibility: ParentalResponsibilityOut
    lives_with: str
    is_parent: bool = Field(description="A parent in the sense of section 576, Education Act 1996.")
    contact_allowed: str = absent()
    restriction: str | None = absent()
    court_orders: list[CourtOrderOut] = absent()
    alleged_source_of_harm: bool = absent()
    may_be_told: MayBeToldOut = absent()
    priority: int | None
    source: str
    valid_from: date | None
    valid_to: date | None
    merged_into: UUID | None = Field(
        description="The contact of this child who is the same person and goes on; null: not "
        "merged."
    )
    not_restored: list[str] = absent(
        description="Only in the answer to an unmerge: fields of the other contact that somebody "
        "changed after the merge. They stay as they are.",
    )
    created_at: datetime
    changed_at: datetime
    etag: str = Field(description="Send in If-Match when changing this contact.")
    permissions: list[str] = Field(description="Operations this reader may do next.")
