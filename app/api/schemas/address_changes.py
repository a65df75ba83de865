"""How a person is reached, and what is new and not yet confirmed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.api.schemas.staff import NEW_EMAIL, NEW_PHONE
from app.core.schemas import EmailAddress, In, Out, Word


class NewReachOut(Out):
    """An email address or phone number others entered, not yet confirmed."""

    email: str | None = Field(description=NEW_EMAIL)
    phone: str | None = Field(description=NEW_PHONE)
    changed_at: datetime = Field(description="When it was entered.")


class ReachIn(In):
    """The new details you answer, as `GET /v1/me` showed them. Anything newer stays open."""

    email: EmailAddress | None = Field(
        description="`new_reach.email` from `GET /v1/me`; null where that is null."
    )
    phone: Word | Literal[""] | None = Field(
        description="`new_reach.phone` from `GET /v1/me`; null where that is null."
    )


class ReachOut(Out):
    """Your contact details from now on."""

    email: str = Field(description="Email address in use.")
    phone: str | None = Field(description="Phone number in use; null: none.")


class ReachLinkIn(In):
    """The token from the link emailed to the present address."""

    token: Annotated[
        str,
        StringConstraints(min_length=20, max_length=200),
        Field(description="`token` from the link. Works once, within seven days."),
    ]
