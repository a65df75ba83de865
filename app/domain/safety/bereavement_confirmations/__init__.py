"""Deaths that two people confirm: a case opened, closed or undone."""
