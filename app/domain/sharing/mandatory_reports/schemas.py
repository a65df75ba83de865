"""What a person says of their own report."""

from pydantic import Field

from app.core.codes import DeliveryRoutesIn
from app.core.schemas import In, Line, Moment, Narrative


class DutySendingIn(In):
    """A mandatory report that you made yourself."""

    route: DeliveryRoutesIn = Field(description="How you made it yourself, such as `phoned`.")
    at: Moment = Field(description="When you made it.")
    to: Line = Field(description="Person or service you reported to.")
    agency_reference: Line | None = Field(default=None, description="What the police gave you.")
    note: Narrative | None = Field(default=None, description="Anything else.")
