"""Reviews of safety plans with the pupil."""
