"""What happened, append-only: the port, the events, and the databases that keep them."""
