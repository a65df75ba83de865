"""Children who belong together, as a person confirmed."""
