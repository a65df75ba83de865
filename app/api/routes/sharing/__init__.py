"""Routes of `sharing`: what leaves the school."""
