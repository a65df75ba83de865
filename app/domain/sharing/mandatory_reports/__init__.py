"""Reports that the law requires of one person."""
