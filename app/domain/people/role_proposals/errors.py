"""Refusals to decide on a role proposal."""

from app.domain.errors import Conflict, NotFound


class RoleProposalNotFound(NotFound):
    code = "role_proposal_not_found"
    title = "Cairn cannot find this role proposal."


class ProposalDecided(Conflict):
    code = "proposal_decided"
    title = "Somebody has already decided on this proposal."
    advice = "Open it again. If the person joins the group again, the role is proposed again."
