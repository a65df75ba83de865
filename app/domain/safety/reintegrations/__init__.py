"""Return after an absence, and the support around a pupil: friends, places, colleagues."""
