"""The demo: a synthetic trust with its data, served with everything it needs."""
