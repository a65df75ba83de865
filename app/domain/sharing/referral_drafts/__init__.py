"""Drafts of referrals, filled from the record."""
