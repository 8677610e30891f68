"""One class per use case. Async, and ports only."""
