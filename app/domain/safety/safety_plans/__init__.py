"""Safety plans: what a pupil wrote down to get through, who they wrote it with, and who has it."""
