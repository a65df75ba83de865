"""Access to agencies, shares, referrals and their items."""
