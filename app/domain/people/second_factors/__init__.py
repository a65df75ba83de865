"""Second factors: authenticator apps and recovery codes."""
