"""What stands behind links: shares and referrals, as their recipients see them."""

from app.domain.sharing.behind_links.referrals import BehindReferrals
from app.domain.sharing.behind_links.shares import BehindShares
from app.domain.sharing.recipients.things import stand_behind


def stand() -> None:
    """Let links open shares and referrals."""
    stand_behind("share", BehindShares())
    stand_behind("referral", BehindReferrals())
