"""Models of `sharing`: what leaves the school."""
