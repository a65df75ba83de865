"""The kind of a task: seen by its owner, their stand-in, and readers of all work."""

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Task
from app.db.visibility import HOLDER, Reader
from app.db.work_visibility import READS_WORK, SEALED_WORK
from app.domain import visibility
from app.domain.duty.tasks.errors import TaskEnded, TaskNotFound
from app.domain.kinds import BY_HAND, NEW, Kind, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import Effect, can_own

P = Permission
LAST = (Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN)


def _role(reader: Reader, _: object) -> str:
    return f"role {reader.actor.role_name} reads its class and that of its concern"


def _no_role(reader: Reader, _: object) -> str:
    return f"role {reader.actor.role_name} does not read its class, or its concern's"


WATCHES = visibility.And(
    visibility.First((visibility.permission(P.SUPPORT_LIST_READ, "role.support_list"),)),
    visibility.First((
        visibility.Rule(
            "class", READS_WORK, Effect.ALLOW, Effect.DENY, yes=_role, no=_no_role
        ),
    )),
)  # fmt: skip
BEHIND_WORK = visibility.Unless((visibility.CONFLICT, visibility.CHILD_CONFLICT), WATCHES)
"""See what is behind work, without having the work to do."""
OF_WORK = visibility.Unless(
    (visibility.CONFLICT, visibility.CHILD_CONFLICT, visibility.BARRED),
    visibility.Or(
        WATCHES,
        visibility.First((
            visibility.Rule(
                "sealed", SEALED_WORK, Effect.DENY, yes="class K5 is read by the lead",
                no="it is not sealed from them",
            ),
            visibility.Rule(
                "assigned", HOLDER, Effect.ALLOW, Effect.DENY,
                yes="assigned: has it or stands in", no="neither has it nor stands in",
            ),
        )),
    ),
)  # fmt: skip
"""See work that someone was given."""


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    if P.TASK_DO not in rights.permissions:
        return False
    reads = P.SAFETY_READ in rights.permissions and can_own(rights, confidentiality or "K3")
    return confidentiality == ANYONE or reads


TASK = kind(
    Kind(
        "task", Task,
        reads=P.TASK_DO,
        visible=OF_WORK,
        missing=TaskNotFound,
        ended=TaskEnded,
        moves={
            "something is to be done": {NEW: "open"},
            "complete_task": {"open": "done"},
            "what it asked for is done": {"open": "done"},
            "end_task": {"open": "not_needed"},
            "undo_bereavement_case": {"not_needed": "open"},
        },
        opened=AuditEvent.TASK_OPENED,
        reassigned=AuditEvent.TASK_ASSIGNED,
        events=(AuditEvent.TASK_SET, AuditEvent.TASK_ASSIGNED, AuditEvent.TASK_DONE,
        AuditEvent.TASK_ENDED),
        at_death=BY_HAND,
        owning=Owning(_may_own, last=LAST, classes=(ANYONE, *CLASSES)),
        by_password=True,
    )
)  # fmt: skip
