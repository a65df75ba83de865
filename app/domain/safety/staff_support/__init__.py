"""Offers of support to colleagues."""
