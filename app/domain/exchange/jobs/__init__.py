"""Jobs that came to nothing: kept, owned, told, and replayed or dropped by a person."""
