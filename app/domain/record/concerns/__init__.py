"""The concern: raised, acknowledged, triaged, worked on, closed, and never rewritten."""
