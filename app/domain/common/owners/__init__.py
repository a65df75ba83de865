"""Who may own what is open, and how it gets another owner: nothing is left with nobody."""
