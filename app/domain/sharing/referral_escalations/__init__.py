"""Professional disagreements about a referral."""
