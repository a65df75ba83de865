"""Models of `access`: who may do what, and its proof."""
