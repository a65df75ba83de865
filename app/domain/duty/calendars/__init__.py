"""Calendars of schools, the days that they make, and the book of rules as it is shown."""
