"""Who may read an entry of the audit log: whoever may hear of what it speaks of."""
