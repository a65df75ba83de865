"""Models of `safety`: keeping a pupil safe."""
