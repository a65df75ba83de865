"""Transfers as a school prepares and sees them."""
