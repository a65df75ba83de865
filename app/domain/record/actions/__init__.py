"""Actions: what one named person has to do by a time."""
