"""The kind of a bereavement case: read by leads and heads, and by its team."""

from app.core.words import Permission
from app.db.models import BereavementCase
from app.db.visibility import HOLDER, RELATED
from app.domain import visibility
from app.domain.kinds import NEW, Kind, kind
from app.domain.policy import Effect
from app.domain.safety.bereavement_cases.errors import CaseNotFound

OUT = visibility.Rule(
    "conflict", RELATED, Effect.DENY, yes="conflict of interest: related to the child"
)
TEAM = visibility.Rule(
    "team", HOLDER, Effect.ALLOW, Effect.DENY, yes="in its team, or somebody's deputy in it",
    no="neither in its team nor anybody's deputy in it",
)  # fmt: skip

BEREAVEMENT_CASE = kind(
    Kind(
        "bereavement_case",
        BereavementCase,
        reads=Permission.TASK_DO,
        visible=visibility.Unless(
            (OUT,),
            visibility.Or(
                visibility.First((visibility.permission(Permission.BEREAVEMENT_READ),)),
                visibility.First((TEAM,)),
            ),
        ),
        missing=CaseNotFound,
        moves={
            "report_death": {NEW: "proposed"},
            "confirm_bereavement_case": {"proposed": "open"},
            "withdraw_bereavement_case": {"proposed": "taken_back"},
            "close_bereavement_case": {"open": "closed"},
            "undo_bereavement_case": {"open": "undone", "closed": "undone"},
        },
    )
)
