"""Safety plans: what a pupil wrote down to get through, who helped, and who has it."""
