"""Check-ins: a pupil and the adult they chose, each with an owner, a cover and a window."""
