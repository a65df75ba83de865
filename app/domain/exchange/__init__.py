"""Other programs: rosters, alerts of tools, events, webhooks, jobs."""
