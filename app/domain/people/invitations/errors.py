"""How an invitation can be refused."""

from app.domain.errors import Conflict, Invalid, NotFound


class AcceptedAlready(Conflict):
    code = "accepted_already"
    title = "This person has joined already."
    advice = "There is nothing to ask; POST /v1/auth/password-reset helps with a lost password."


class InvitationInvalid(Invalid):
    code = "invitation_invalid"
    title = "This invitation was answered already, or is too old."
    advice = "Ask who invited you for a new one, or sign in and read GET /v1/me/invitations."


class InvitationNotFound(NotFound):
    code = "invitation_not_found"
    title = "No organisation waits for an answer of yours here."
