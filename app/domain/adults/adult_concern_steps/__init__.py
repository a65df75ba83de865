"""Cases made of concerns about adults: assessed, placed with a reader, closed."""
