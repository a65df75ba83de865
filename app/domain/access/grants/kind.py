"""The kind of emergency access: its holder sees all of it, reviewers see it without content."""

from app.core.words import Permission, Role
from app.db import visibility as atoms
from app.db.models import AccessGrant
from app.domain import visibility
from app.domain.access.grants.errors import BreakGlassNotFound
from app.domain.kinds import Kind, kind
from app.domain.owning import Owning, carries
from app.domain.policy import Effect

P = Permission
TAKEN = visibility.Rule("taken", atoms.BARRED, Effect.ALLOW, yes="they broke the glass themselves")
"""The person who holds it always sees it, and never owns its review."""
OF_RECORD: visibility.Chain = visibility.If(
    atoms.HAS_CONCERN, visibility.OF_CONCERN, visibility.OF_CHILD
)
"""Open the record that a grant or emergency access is for."""
OF_GRANT: visibility.Chain = visibility.Or(
    visibility.First((TAKEN,)),
    visibility.And(
        visibility.First(
            (
                visibility.Rule(
                    "role.may",
                    atoms.carries(P.ACCESS_GRANT, P.ACCESS_REVIEW),
                    Effect.ALLOW,
                    Effect.DENY,
                ),
            )
        ),
        OF_RECORD,
    ),
)
"""See a grant: its holder does, and overseers who open the record that it is for."""
BREAK_GLASS = kind(
    Kind(
        "break_glass",
        AccessGrant,
        reads=None,
        visible=visibility.First(
            (
                TAKEN,
                visibility.CONFLICT,
                visibility.CHILD_CONFLICT,
                visibility.permission(P.ACCESS_REVIEW),
            )
        ),
        missing=BreakGlassNotFound,
        is_open=lambda row: row.reviewed_at is None,
        at_death="somebody looked, and that is reviewed whatever became of the child",
        owning=Owning(
            carries(P.ACCESS_REVIEW), last=(Role.DEPUTY_DSL, Role.SCHOOL_ADMIN), casework=False
        ),
    )
)
