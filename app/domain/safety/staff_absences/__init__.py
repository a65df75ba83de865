"""Who of the staff is not at school."""
