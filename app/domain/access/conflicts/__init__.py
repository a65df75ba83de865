"""Conflicts of interest: who is locked out from what, and who takes over."""
