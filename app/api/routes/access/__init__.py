"""Routes of `access`: who may do what, and the proof of it."""
