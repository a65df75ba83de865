"""What is changed of a contact."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from app.core.codes import (
    ContactKindsIn,
    ParentalResponsibilityIn,
)
from app.core.schemas import Address, Day, In, Line, SeveralLines, Told, Word, absent
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


class ContactPatch(In):
    """A merge patch: absent fields stay, null empties.

    Restrictions, `alleged_source_of_harm`, `may_be_told` and another `parental_responsibility`
    need the permission to safeguard; a value of `may_be_told` needs its reason beside it, and
    null goes back to the derived one.
    """

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
