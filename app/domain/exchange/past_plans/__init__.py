"""Plan, apply and undo an import of past entries: in portions, and resumable."""
