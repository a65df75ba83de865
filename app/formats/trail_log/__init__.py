"""The sealed log of the trail as bytes: entries, the tree over them, checkpoints, and the check."""
