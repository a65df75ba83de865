"""The guards against trying a password, a code or a link too often."""
