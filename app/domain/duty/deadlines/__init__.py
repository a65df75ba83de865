"""The history of a record's clocks, for its readers."""
