"""Looks at a child's situation or at a concern, owed by a time, once or again and again."""
