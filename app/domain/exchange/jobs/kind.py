"""The kind of a failed job: read by people who may run it again."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import FailedJob
from app.domain import visibility
from app.domain.exchange.jobs.errors import FailedJobNotFound, FailedJobSettled
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries

P = Permission
FAILED_JOB = kind(
    Kind(
        "failed_job",
        FailedJob,
        reads=P.JOB_READ,
        visible=visibility.EVERYBODY,
        missing=FailedJobNotFound,
        ended=FailedJobSettled,
        events=(AuditEvent.JOB_FAILED, AuditEvent.JOB_REPLAYED, AuditEvent.JOB_DROPPED),
        owning=Owning(carries(P.JOB_READ), last=(Role.DSL, Role.HEADTEACHER), casework=False),
    )
)
