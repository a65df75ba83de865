"""The tests of Cairn."""
