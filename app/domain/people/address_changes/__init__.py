"""A person's contact details: addresses and phone numbers that the person confirms."""
