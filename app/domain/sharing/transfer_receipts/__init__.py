"""Receipts: answers to the sending school."""
