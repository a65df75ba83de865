"""Entries of another system about children: read, and followed up if still open."""
