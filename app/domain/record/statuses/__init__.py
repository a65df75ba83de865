"""What is true of a child for a while, such as a child protection plan."""
