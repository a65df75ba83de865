"""Deliveries to endpoints."""
