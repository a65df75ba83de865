"""Content behind links: shares and referrals, as their recipients see them."""
