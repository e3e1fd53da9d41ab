"""Who is woken up, and how: the port and the adapters."""
