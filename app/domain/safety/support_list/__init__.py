"""Who gets support for now: a stated reason and an end date each, and nothing computed."""
