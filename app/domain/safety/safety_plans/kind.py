"""The kind of a safety plan: read like records; its adults read the pupil's own steps."""

from app.core.words import AuditEvent, Permission
from app.db.models import SafetyPlan
from app.db.visibility import HOLDER, marked
from app.domain import visibility
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.policy import Effect
from app.domain.safety.records.kind import OF_CHILDS_RECORDS
from app.domain.safety.safety_plans.errors import PlanNotFound
from app.domain.safety.safety_plans.rules import IN_FORCE, NEXT

P = Permission
CHOSEN = visibility.And(
    visibility.First((visibility.permission(P.TASK_DO),)),
    visibility.First((
        visibility.CHILD_CONFLICT,
        visibility.Rule("in_use", marked("in_use"), Effect.PASS, Effect.DENY),
        visibility.Rule(
            "chosen", HOLDER, Effect.ALLOW, Effect.DENY,
            yes="the adult the pupil chose, or who stands in: reads the pupil's own steps",
        ),
    )),
)  # fmt: skip

MOVES: Moves = {
    "begin_plan": {NEW: "draft"},
    **{
        verb: {state: verbs[verb] for state, verbs in NEXT.items() if verb in verbs}
        for verb in ("agree_plan", "use_plan", "end_plan")
    },
    "review_plan": dict.fromkeys(IN_FORCE, ("in_use", "under_review")),
    "a newer version is used": dict.fromkeys(IN_FORCE, "replaced"),
    "undo_bereavement_case": {"ended": "in_use"},
}

SAFETY_PLAN = kind(
    Kind(
        "safety_plan",
        SafetyPlan,
        reads=P.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        also=CHOSEN,
        missing=PlanNotFound,
        moves=MOVES,
        opened=AuditEvent.PLAN_OPENED,
    )
)
