"""Due times: by which named rule, in which calendar, since when, and what became of them."""
