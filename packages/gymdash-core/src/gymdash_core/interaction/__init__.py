"""How a live simulation is talked to: channels, queries, and questions to people."""
