"""Messages and cards: to whom, when, and again until they have arrived."""
