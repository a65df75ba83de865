"""Small changes of a roster, line by line, answered at once."""
