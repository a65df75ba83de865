"""Possible siblings or household members: proposed by Cairn, confirmed by a person."""
