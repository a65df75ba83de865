"""`cairn export school` and `cairn import school`: the way out, and the way in elsewhere."""
