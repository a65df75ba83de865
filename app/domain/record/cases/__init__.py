"""Cases: concerns held as one, with a plan, a lead worker and a date to look again."""
