"""Staff who are not at school."""
