"""Safety records: what was checked, understood, agreed and done; never a score."""
