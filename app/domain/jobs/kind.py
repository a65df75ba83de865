"""What a dead letter is: read by people who may run its job again."""

from app.core.words import Did, Permission, Role
from app.db.models import DeadLetter
from app.domain import visibility
from app.domain.jobs.errors import DeadLetterNotFound, DeadLetterSettled
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries

P = Permission
DEAD_LETTER = kind(
    Kind(
        "dead_letter",
        DeadLetter,
        reads=P.JOB_READ,
        visible=visibility.EVERYBODY,
        missing=DeadLetterNotFound,
        ended=DeadLetterSettled,
        events=(Did.JOB_FAILED, Did.JOB_REPLAYED, Did.JOB_DROPPED),
        owning=Owning(carries(P.JOB_READ), last=(Role.DSL, Role.HEADTEACHER), casework=False),
    )
)
