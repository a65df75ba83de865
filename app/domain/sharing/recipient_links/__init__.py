"""Links to a share or a referral, with their codes."""
