"""Events with minimal content: audit log entries that leave, each to its readers."""
