"""Next steps in a concern, or for a child: facts with their reason. A person decides."""
