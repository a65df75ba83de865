"""What recipients ask about a share, and how shares run out."""
