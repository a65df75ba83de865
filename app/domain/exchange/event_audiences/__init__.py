"""Who may see an event, by the rules that open its record."""
