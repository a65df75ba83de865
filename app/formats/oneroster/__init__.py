"""OneRoster 1.1 and 1.2 rosters, and School Data Sync, in CSV: `reader.read_oneroster`."""
