"""Which safety records leave the school, and for which readers."""
