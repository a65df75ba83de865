"""Records of keeping a child safe: what was checked, understood, agreed and done; never a score."""
