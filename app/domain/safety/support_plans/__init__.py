"""Support plans: agreements with a pupil on how school helps, and who does it."""
