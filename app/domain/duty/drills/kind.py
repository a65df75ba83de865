"""The kind of a drill: read by people who run drills. It rings everyone on its ladder."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Drill
from app.domain import visibility
from app.domain.duty.drills.errors import DrillNotFound, DrillOver
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries

P = Permission
DRILL = kind(
    Kind(
        "drill",
        Drill,
        reads=P.DRILL_RUN,
        visible=visibility.EVERYBODY,
        missing=DrillNotFound,
        ended=DrillOver,
        events=(AuditEvent.DRILL_STARTED, AuditEvent.DRILL_ENDED),
        owning=Owning(carries(P.ALERT_READ), last=(Role.SCHOOL_ADMIN,), casework=False),
    )
)
