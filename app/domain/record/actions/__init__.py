"""Actions: work for one named person by a due time."""
