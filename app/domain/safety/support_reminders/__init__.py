"""What the support list asks of leads as time passes."""
