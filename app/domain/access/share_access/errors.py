"""How reaching shares and referrals, or telling a person, is refused."""

from uuid import UUID

from app.domain.errors import Conflict, Forbidden, NotFound, Retry


class ItemsHidden(Forbidden):
    code = "items_hidden"
    title = "This holds items that you may not see."
    advice = "Ask a safeguarding lead who may see all of them."

    def __init__(self, noun_id: UUID | None = None) -> None:
        super().__init__()
        self.noun_id = noun_id


class ItemNotOfChild(Conflict):
    code = "item_not_of_child"
    title = "An item is no longer about this child."
    advice = (
        "Take it out of the draft. What was approved or sent is taken back: revoke the share, or "
        "close or withdraw the referral. Then start again for the right child."
    )


class TellingBlocked(Forbidden):
    code = "telling_blocked"
    title = "This person may not be told now, by any sender."
    advice = (
        "Two people make an exception for a while, each with a reason: "
        "POST /v1/children/{child_id}/contacts/{contact_id}/sharing-exceptions, then "
        "`agree_sharing_exception`."
    )
    retry = Retry.SAME


class ShareNotFound(NotFound):
    code = "share_not_found"
    title = "There is no such share."


class ReferralNotFound(NotFound):
    code = "referral_not_found"
    title = "There is no such referral."


class AgencyNotFound(NotFound):
    code = "agency_not_found"
    title = "There is no such agency."
