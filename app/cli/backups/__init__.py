"""`cairn backup` and `cairn restore`."""
