"""Referrals on their way to an agency."""
