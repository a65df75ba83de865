"""Additions to a concern beside its original."""
