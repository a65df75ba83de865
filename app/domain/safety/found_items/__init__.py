"""Records without further effects: found items, talks about a safer home."""
