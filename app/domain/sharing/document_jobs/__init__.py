"""Jobs that make a document."""
