"""Concerns and allegations about adults: a register of its own, which its subject never sees."""
