"""A stateful GitHub on loopback, with real git behind it; see `server`."""
