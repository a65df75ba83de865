"""Founding a trust and its schools, each with the people it begins with."""
