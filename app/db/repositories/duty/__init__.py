"""SQL of `duty`: whose work it is, and by when."""
