"""What can be wrong with a wish about a share or a referral."""

from app.domain.errors import Conflict, Invalid


class ApprovalIncomplete(Invalid):
    code = "approval_incomplete"
    title = "Something needed for approval is missing."
    advice = "Complete the fields that `errors` points at, then approve."


class NothingFrozen(Conflict):
    code = "nothing_frozen"
    title = "Nothing has been approved yet, so there is no snapshot."
    advice = "Look at the preview, or approve first."
