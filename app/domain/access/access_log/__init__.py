"""Who looked at a child's file or changed it, when, in which role and for which reason."""
