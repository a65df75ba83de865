"""How an import of past entries is planned, applied and undone: in portions, and resumable."""
