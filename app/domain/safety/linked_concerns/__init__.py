"""Concerns that are linked by what people have confirmed, shown to leads to look at together."""
