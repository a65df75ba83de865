"""Coming back after an absence, and what is seen to around a pupil: friends, places, colleagues."""
