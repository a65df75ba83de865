"""Attendance marks: saved and acted on for pupils on the support list, discarded for others."""
