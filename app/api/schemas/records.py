"""Records of keeping a child safe: one address, told apart by `kind`."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.api.schemas.found_items import FoundItemIn, FoundItemOut
from app.api.schemas.friend_support import FriendSupportOut
from app.api.schemas.home_safety_talks import HomeSafetyTalkIn, HomeSafetyTalkOut
from app.api.schemas.informing_parents import ParentsDecisionOut
from app.api.schemas.missing_episodes import (
    AmendMissingEpisodeIn,
    MissingEpisodeIn,
    MissingEpisodeOut,
)
from app.api.schemas.safety_checks import AmendSafetyCheckIn, SafetyCheckIn, SafetyCheckOut
from app.api.schemas.support_notes import AmendSupportNoteIn, SupportNoteIn, SupportNoteOut
from app.core.schemas import ListIn

RecordIn = TypeAliasType(
    "RecordIn",
    Annotated[
        SafetyCheckIn | SupportNoteIn | FoundItemIn | HomeSafetyTalkIn | MissingEpisodeIn,
        Field(discriminator="kind"),
    ],
)
AmendRecordIn = TypeAliasType(
    "AmendRecordIn",
    Annotated[
        AmendSafetyCheckIn | AmendSupportNoteIn | AmendMissingEpisodeIn,
        Field(discriminator="kind"),
    ],
)
RecordOut = TypeAliasType(
    "RecordOut",
    Annotated[
        SafetyCheckOut
        | SupportNoteOut
        | ParentsDecisionOut
        | FriendSupportOut
        | FoundItemOut
        | HomeSafetyTalkOut
        | MissingEpisodeOut,
        Field(discriminator="kind"),
    ],
)
RecordKind = Literal[
    "safety_check", "support_note", "parents_decision", "friend_support", "found_item",
    "home_safety_talk", "missing_episode",
]  # fmt: skip


class RecordListIn(ListIn):
    """Which records."""

    kind: RecordKind | None = Field(default=None, description="Only records of this type.")
