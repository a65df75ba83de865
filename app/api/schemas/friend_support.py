"""Support for friends who told."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.safety_checks import KeptOut
from app.core.schemas import In, Line, Narrative, NewId, Out


class FriendSupportFields(In):
    """How the friend is who told; everything may be left out. It names nobody else."""

    how_are_they: AnswerIn[Narrative] | None = Field(
        default=None, description="How the friend is, in their words."
    )
    what_they_carry: AnswerIn[Narrative] | None = Field(
        default=None, description="What weighs on the friend."
    )
    offered: AnswerIn[Narrative] | None = Field(
        default=None, description="Support offered to the friend."
    )
    chosen_adult: AnswerIn[Line] | None = Field(default=None, description="Adult the friend chose.")
    what_helps: AnswerIn[Narrative] | None = Field(
        default=None, description="What helps the friend."
    )


class FriendSupportIn(FriendSupportFields):
    """Support for a friend who told an adult. Never name the child they told about."""

    id: NewId
    urgent: bool = Field(default=False, description="Whether someone should see them now.")


class FriendSupportContentOut(Out):
    """What was recorded about the friend; null: nothing."""

    how_are_they: AnswerOut[str] | None = Field(description="How the friend is; null: not said.")
    what_they_carry: AnswerOut[str] | None = Field(
        description="What weighs on the friend; null: not said."
    )
    offered: AnswerOut[str] | None = Field(
        description="Support offered to the friend; null: not said."
    )
    chosen_adult: AnswerOut[str] | None = Field(
        description="Adult the friend chose; null: not said."
    )
    what_helps: AnswerOut[str] | None = Field(description="What helps the friend; null: not said.")


class FriendSupportOut(KeptOut):
    """Support for a friend who told an adult."""

    kind: Literal["friend_support"]
    content: FriendSupportContentOut = Field(description="What was written down.")


class FriendSupportBegunOut(Out):
    """Confirms to the person who started it that Cairn saved it, for a lead to act on."""

    id: UUID = Field(description="Support ID.")
    child_id: UUID = Field(description="Child the support is about.")
    recorded_at: datetime = Field(description="When Cairn saved the support.")
