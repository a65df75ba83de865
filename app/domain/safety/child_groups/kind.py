"""The kind of a child group: read with linked concerns, but never by relatives."""

from app.core.words import AuditEvent, Permission
from app.db.models import ChildGroup
from app.domain import visibility
from app.domain.kinds import Kind, kind
from app.domain.safety.child_groups.errors import ChildGroupEnded, ChildGroupNotFound

CHILD_GROUP = kind(
    Kind(
        "child_group",
        ChildGroup,
        reads=Permission.LINKED_CONCERNS_READ,
        visible=visibility.Unless((visibility.CHILD_CONFLICT,), visibility.EVERYBODY),
        missing=ChildGroupNotFound,
        ended=ChildGroupEnded,
        opened=AuditEvent.CHILD_GROUP_OPENED,
    )
)
