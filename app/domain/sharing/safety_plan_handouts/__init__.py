"""What of a safety plan is handed out: copies, and the card to fold."""
