"""Drills: tests of the ladder that ring like a missed due time and are labelled as drills."""
