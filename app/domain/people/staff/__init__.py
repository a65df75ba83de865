"""People who work in a school or trust, and the roles they hold there."""
