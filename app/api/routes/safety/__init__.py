"""Routes of `safety`: keeping a pupil safe."""
