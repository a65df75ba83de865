"""Referrals of one child to one agency, and the agency's decisions."""
