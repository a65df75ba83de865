"""Business rules: one folder per noun, grouped into the eight areas of decision 0048."""
