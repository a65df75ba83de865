"""Two people who agree that a barred person may be told."""
