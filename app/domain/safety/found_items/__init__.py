"""What is written down and nothing follows from: found items, talks about a safer home."""
