"""Proofs of identity before a sensitive step (RFC 9470)."""
