"""SQL of `record`: the child and what was noticed."""
