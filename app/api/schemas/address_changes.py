"""How a person is reached, and what is new and not yet confirmed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.api.schemas.staff import NEW_EMAIL, NEW_PHONE
from app.core.schemas import EmailAddress, In, Out, Word


class NewReachOut(Out):
    """An address or number that others gave and the person has not confirmed."""

    email: str | None = Field(description=NEW_EMAIL)
    phone: str | None = Field(description=NEW_PHONE)
    changed_at: datetime = Field(description="When somebody entered it.")


class ReachIn(In):
    """What waits, as `GET /v1/me` showed it: nothing newer is answered by mistake."""

    email: EmailAddress | None = Field(description="`new_reach.email` of `GET /v1/me`.")
    phone: Word | Literal[""] | None = Field(description="`new_reach.phone` of `GET /v1/me`.")


class ReachOut(Out):
    """How the person is reached from now on."""

    email: str = Field(description="Email address in use.")
    phone: str | None = Field(description="Phone number in use; null: none.")


class ReachLinkIn(In):
    """The token of the link that was mailed to the present address."""

    token: Annotated[
        str,
        StringConstraints(min_length=20, max_length=200),
        Field(description="`token` of the link, good for seven days and once."),
    ]
