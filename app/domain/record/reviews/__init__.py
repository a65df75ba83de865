"""Reviews of a child's situation or a concern, due once or repeatedly."""
