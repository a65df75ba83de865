"""The first people of a school: whom its trust asks, until the school has a record of its own."""
