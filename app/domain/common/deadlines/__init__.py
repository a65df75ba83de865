"""Due times by named rules, for use by every area. `duty` holds the calendars."""
