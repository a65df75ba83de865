"""Support for a friend who told."""
