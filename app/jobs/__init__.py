"""Door two: what has to happen after a commit, run by a worker of its own."""
