"""What protects a child when two files that were one come apart."""
