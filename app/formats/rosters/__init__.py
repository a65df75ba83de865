"""Rosters in every format that is read: `opening.open_roster` and what it gives."""
