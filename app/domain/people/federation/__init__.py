"""Signing in with a school's own identity provider."""
