"""Refusals of invitations."""

from app.domain.errors import Conflict, Invalid, NotFound, Retry


class AcceptedAlready(Conflict):
    code = "accepted_already"
    title = "This person has already joined."
    advice = "They need no invitation. For a lost password, use POST /v1/auth/password-reset."


class InvitationInvalid(Invalid):
    code = "invitation_invalid"
    title = "This invitation has already been answered, or is too old."
    advice = "Ask the person who invited you for a new one, or sign in and read your invitations."
    retry = Retry.NO


class InvitationNotFound(NotFound):
    code = "invitation_not_found"
    title = "You have no such invitation."
