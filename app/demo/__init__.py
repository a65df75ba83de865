"""The demo's story: invented schools, their people, pupils and concerns."""
