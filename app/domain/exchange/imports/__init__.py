"""Files that were sent to be brought in, whatever they hold: how far each is, and its problems."""
