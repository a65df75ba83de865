"""Talks with carers about making home safer."""
