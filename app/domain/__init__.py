"""The floor that decides: one folder per noun."""
