"""The seals of the audit log: checkpoints that show whether an entry was changed."""
