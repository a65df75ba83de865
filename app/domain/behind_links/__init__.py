"""What stands behind links: shares and referrals, as their recipients see them."""

from app.domain.behind_links.referrals import BehindReferrals
from app.domain.behind_links.shares import BehindShares
from app.domain.recipients.things import stand_behind


def stand() -> None:
    """Let links open shares and referrals."""
    stand_behind("share", BehindShares())
    stand_behind("referral", BehindReferrals())
