"""The pathway of a concern after self-harm or talk of suicide: who does what, by when."""
