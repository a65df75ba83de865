"""Cases after a death, and who reaches them."""
