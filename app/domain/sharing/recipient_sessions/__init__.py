"""What recipients of a share or referral may do, behind a link and a one-time code."""
