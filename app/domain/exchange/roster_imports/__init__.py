"""Reads of roster imports: progress, and problems in their files."""
