"""Notices to one person that something waits for them; they carry no content."""
