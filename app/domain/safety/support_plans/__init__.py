"""Support plans: what was agreed with a pupil about how school helps, and who does it."""
