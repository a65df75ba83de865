"""Safety plans: what a pupil wrote down to get through, with whom, and who has it."""
