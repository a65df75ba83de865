"""Conflicts of interest: who is locked out of what, and who takes over."""
