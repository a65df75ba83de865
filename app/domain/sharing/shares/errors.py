"""Errors of requests about shares and referrals."""

from app.domain.errors import Conflict, Invalid, Retry


class ApprovalIncomplete(Invalid):
    code = "approval_incomplete"
    title = "Something needed for approval is missing."
    advice = "Complete the fields that `errors` points at, then approve."


class NothingFrozen(Conflict):
    code = "nothing_frozen"
    title = "Nothing has been approved yet, so there is no snapshot."
    advice = "Look at the preview, or approve first."
    retry = Retry.SAME


class AddressChanged(Conflict):
    code = "address_changed"
    title = "The contact's email address is not the one that was approved."
    advice = "Check it with the contact, then send again with the new address as `email`."
    retry = Retry.CHANGED


class RecipientBarred(Conflict):
    code = "recipient_barred"
    title = "The recipient may no longer be told: two people have to look at this first."
    advice = "Ask two people to sign with POST /v1/shares/{share_id}/confirm, or revoke the share."
    retry = Retry.SAME
