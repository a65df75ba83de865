"""Who may read an entry of the audit log: people who may hear of what it speaks of."""
