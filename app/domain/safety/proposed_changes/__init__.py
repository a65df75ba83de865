"""Changes that need a second person: of numbers to dial, and of how far a roster may go."""
