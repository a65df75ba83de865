"""Whether someone at school checks new reports now, and whom to call if not."""
