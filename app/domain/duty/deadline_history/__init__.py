"""The history of a record's clocks, for whoever may open the record."""
