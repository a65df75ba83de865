"""Files sent for import, of any sort: progress and problems."""
