"""The forms of referrals: each kind's own, and local ones."""
