"""Urgent reports that could not be taken: kept as they came, and a lead is told at once."""
