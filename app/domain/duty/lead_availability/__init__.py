"""Whether someone at school checks new reports now, and who to call if not."""
