"""The pathway as concerns see it: from the report to the end."""
