"""Urgent reports that Cairn could not accept: saved as they came, with a lead alerted at once."""
