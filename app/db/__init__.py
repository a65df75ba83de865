"""The floor that remembers: models, repositories and the transaction they live in."""
