"""Measures list, chronology and raise beside a bare twin on the same rows: `make bench`."""
