"""What lists and jobs cost in a large school: the plans of the statements they really send."""
