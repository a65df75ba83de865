"""A lead's day in numbers and short cards, without any narrative."""
