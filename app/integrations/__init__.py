"""The outside world, one file for each thing the application talks to."""
