"""Places on the site that need something done."""
