"""SQL of `safety`: keeping a pupil safe."""
