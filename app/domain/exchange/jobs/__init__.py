"""Failed jobs: saved, owned, alerted, and replayed or dropped by a person."""
