"""SQL of `sharing`: what leaves the school."""
