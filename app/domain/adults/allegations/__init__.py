"""A report about a child that is about an adult, too: the adult register keeps it whole."""
