"""The kind of a case: seen only by people whose role reads everything it ever held."""

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import ConcernCase
from app.db.record_visibility import BY_ROLE
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Reader, marked
from app.db.work_visibility import READS_WORK
from app.domain import visibility
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.kinds import AtDeath, Kind, kind
from app.domain.owning import CLASSES, Owning
from app.domain.policy import Effect
from app.domain.record.cases.errors import CaseEnded, CaseNotFound

P = Permission
MOVED = visibility.Rule(
    "moved", marked("moved"), Effect.DENY,
    yes="a concern that it held has moved to the adult register",
)  # fmt: skip


def _may_own(rights: Rights, confidentiality: str | None) -> bool:
    return P.CONCERN_TRIAGE in rights.permissions and (confidentiality or "K3") in rights.classes


async def _writable(work: UnitOfWork, case: ConcernCase) -> None:
    await check_unlocked(work, case.child_id, written_at=case.set_at)


def _reads(reader: Reader, _: object) -> str:
    return f"role {reader.actor.role_name} reads every concern that it held"


def _reads_not(reader: Reader, _: object) -> str:
    return f"role {reader.actor.role_name} does not read every concern that it held"


CASE = kind(
    Kind(
        "concern_case", ConcernCase,
        reads=P.CONCERN_READ,
        visible=visibility.Unless(
            (visibility.CONFLICT, visibility.CHILD_CONFLICT, MOVED),
            visibility.First((
                visibility.reads_concerns(BY_ROLE, Effect.PASS),
                visibility.Rule(
                    "class", READS_WORK, Effect.ALLOW, Effect.DENY, yes=_reads, no=_reads_not
                ),
            )),
        ),
        missing=CaseNotFound,
        ended=CaseEnded,
        opened=AuditEvent.CASE_OPENED,
        description=
        "Open a case.\n\n"
        "Shows the case's plan, its concerns, what is still to be done, and every review.",
        reassigned=AuditEvent.CASE_CHANGED,
        events=(
            AuditEvent.CASE_BEGUN, AuditEvent.CASE_CHANGED, AuditEvent.CASE_REVIEWED,
            AuditEvent.CASE_CLOSED,
        ),
        at_death=AtDeath(AuditEvent.CASE_CLOSED, AuditEvent.CASE_CHANGED),
        owning=Owning(
            _may_own, last=(Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN), classes=CLASSES
        ),
        guard=_writable,
    )
)  # fmt: skip
