"""Keeping a pupil safe."""
