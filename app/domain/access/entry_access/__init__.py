"""Access to an entry of the audit log: people who may know of its subject."""
