"""Changes that need a second person: beneath every area. They are decided in `safety`."""
