"""What every area uses: alerts, due times, owners, what categories and roles carry."""
