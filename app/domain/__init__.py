"""The floor that decides: one folder per noun, grouped into the eight areas of decision 0048."""
