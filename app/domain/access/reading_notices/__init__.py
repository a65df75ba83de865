"""Notices of unusual reading: rules that ask a person to look, and never decide."""
