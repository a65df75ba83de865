"""Drills: tests of the ladder that ring like a missed due time, and say what they are."""
