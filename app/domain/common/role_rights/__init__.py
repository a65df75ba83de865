"""The roles of a school, built in or its own."""
