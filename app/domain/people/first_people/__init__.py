"""The first people of a school: its trust asks them, until the school has a record of its own."""
