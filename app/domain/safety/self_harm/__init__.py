"""The pathway of a concern after self-harm or words about dying: who does what, by when."""
