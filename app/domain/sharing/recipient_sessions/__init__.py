"""What a recipient of a share or a referral may do, behind a link and a one-time code."""
