"""Refusals of access to shares and referrals, and of informing a person."""

from uuid import UUID

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class ItemsHidden(Forbidden):
    code = "items_hidden"
    title = "This contains items that you may not see."
    advice = "Ask a safeguarding lead who may see all of them."

    def __init__(self, resource_id: UUID | None = None) -> None:
        super().__init__()
        self.resource_id = resource_id


class ItemNotOfChild(Conflict):
    code = "item_not_of_child"
    title = "One of the items is no longer about this child."
    advice = (
        "Take it out of the draft. If it was already approved or sent, revoke the share, or close "
        "or withdraw the referral. Then start again for the right child."
    )


class TellingBlocked(Forbidden):
    code = "telling_blocked"
    title = "Nobody may tell this person at present."
    advice = (
        "Two people can make an exception for a limited time, each with a reason: POST "
        "/v1/children/{child_id}/contacts/{contact_id}/sharing-exceptions, then "
        "`agree_sharing_exception`."
    )
    retry = Retry.SAME


class ShareNotFound(NotFound):
    code = "share_not_found"
    title = "Cairn cannot find this share."


class ReferralNotFound(NotFound):
    code = "referral_not_found"
    title = "Cairn cannot find this referral."


class AgencyNotFound(NotFound):
    code = "agency_not_found"
    title = "Cairn cannot find this agency."
