"""Safety plans: what a pupil wrote down to get through, with whom they wrote it, and who has it."""
