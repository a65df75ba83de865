"""Shared by every area: alerts, due times, owners, and the rules of categories and roles."""
