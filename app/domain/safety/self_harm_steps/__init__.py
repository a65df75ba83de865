"""Steps that people take on the pathway of a concern after self-harm or words about dying."""
