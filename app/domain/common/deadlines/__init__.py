"""When something falls due, by named rules: beneath every area. Calendars are in `duty`."""
