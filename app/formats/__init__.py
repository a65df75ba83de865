"""Bytes in, plain values out: no I/O, no database."""
