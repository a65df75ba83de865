"""Access to an event, by the rules that open its record."""
