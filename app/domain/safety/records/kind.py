"""The kind of a safety record: read by class or concern; notes also by assignment."""

from app.core.words import AuditEvent, Permission
from app.db.models import SafetyRecord
from app.db.record_visibility import READS_RECORDS
from app.db.visibility import ASSIGNED, CONCERN_GRANT, HAS_CONCERN, either, marked
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.policy import Effect
from app.domain.safety.records.errors import RecordNotFound

P = Permission
ALLOW, DENY, PASS = Effect.ALLOW, Effect.DENY, Effect.PASS
GRANTED = visibility.First((
    visibility.Rule(
        "granted", READS_RECORDS, ALLOW, DENY, yes="reads such records of this child",
        no="a grant for another record brings nothing of this child's along",
    ),
))  # fmt: skip
OF_CHILDS_RECORDS = visibility.And(
    visibility.OF_CHILD,
    visibility.And(
        GRANTED, visibility.If(HAS_CONCERN, visibility.OF_CONCERN, visibility.OWN_CLASS)
    ),
)
"""Read safety records: through their concern, or by their own class."""
NOTE_OF_CONCERN = visibility.And(
    visibility.First((visibility.permission(P.CONCERN_READ),)),
    visibility.And(
        visibility.First((
            visibility.CHILD_CONFLICT,
            visibility.Rule("note", marked("note"), PASS, DENY),
            visibility.Rule(
                "assigned", either(ASSIGNED, CONCERN_GRANT), ALLOW, DENY,
                yes="has something to do of its concern",
                no="owns neither its concern nor something to do of it",
            ),
        )),
        visibility.OF_CONCERN,
    ),
)  # fmt: skip
"""Support notes are read by the people who work on the concern, too."""

RECORD = kind(
    Kind(
        "record",
        SafetyRecord,
        reads=P.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        also=NOTE_OF_CONCERN,
        missing=RecordNotFound,
        opened=AuditEvent.RECORD_OPENED,
        events=(AuditEvent.RECORD_KEPT,),
        is_open=lambda _: True,
    )
)
