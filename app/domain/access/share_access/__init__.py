"""Who reaches agencies, shares, referrals and the items they are made of."""
