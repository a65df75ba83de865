"""The soak: real processes under load, killed at random, and a ledger of what was promised."""
