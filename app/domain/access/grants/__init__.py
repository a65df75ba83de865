"""Access to one record beyond the role: granted for a period, or taken by breaking glass."""
