"""Where schemas and tables live: the port and the adapters."""
