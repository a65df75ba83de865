"""Messages between an agency and the school about a sent referral."""
