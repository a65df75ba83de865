"""The tools that send alerts, and how each is known."""
