"""How an invitation can be refused."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class AcceptedAlready(Conflict):
    code = "accepted_already"
    title = "This person has joined already."
    advice = "There is nothing to ask; POST /v1/auth/password-reset helps with a lost password."


class InvitationInvalid(Invalid):
    code = "invitation_invalid"
    title = "This invitation was answered already, or is too old."
    advice = "Ask the person who invited you for a new one, or sign in and read your invitations."
    retry = Retry.NO


class InvitationNotFound(NotFound):
    code = "invitation_not_found"
    title = "You have no such invitation."
