"""Passkeys (WebAuthn) of one account."""
