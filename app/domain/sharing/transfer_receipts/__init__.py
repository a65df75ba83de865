"""Receipts: what comes back to the sending school."""
