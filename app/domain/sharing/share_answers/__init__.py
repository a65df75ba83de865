"""Recipients' requests about a share, and the expiry of shares."""
