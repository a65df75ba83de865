"""Sharing chosen items about one child with one recipient, frozen when approved."""
