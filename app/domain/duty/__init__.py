"""Someone always checks: due times, alerts, the escalation ladder and owners."""
