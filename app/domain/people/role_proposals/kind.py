"""The kind of a role proposal: seen by those who grant roles, decided by another person."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import RoleProposal
from app.domain import visibility
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning, carries
from app.domain.people.role_proposals.errors import ProposalDecided, RoleProposalNotFound

ROLE_PROPOSAL = kind(
    Kind(
        "role_proposal",
        RoleProposal,
        reads=Permission.ROLE_GRANT,
        visible=visibility.EVERYBODY,
        missing=RoleProposalNotFound,
        ended=ProposalDecided,
        is_open=lambda row: row.state == "proposed",
        moves={
            "a group of the identity provider names a role": {NEW: "proposed"},
            "confirm_role_proposal": {"proposed": "confirmed"},
            "refuse_role_proposal": {"proposed": "refused"},
            "the group names it no more": {"proposed": "withdrawn"},
        },
        events=(
            AuditEvent.ROLE_PROPOSED,
            AuditEvent.ROLE_CONFIRMED,
            AuditEvent.ROLE_REFUSED,
            AuditEvent.ROLE_PROPOSAL_WITHDRAWN,
        ),
        owning=Owning(carries(Permission.ROLE_GRANT), last=(Role.SCHOOL_ADMIN,), casework=False),
    )
)
