"""How deciding on a role proposal can be refused."""

from app.domain.errors import Conflict, NotFound


class RoleProposalNotFound(NotFound):
    code = "role_proposal_not_found"
    title = "There is no such proposal of a role."


class ProposalDecided(Conflict):
    code = "proposal_decided"
    title = "This proposal has been decided already."
    advice = "Read it again; joining the group again proposes the role again."
