"""A stateful PagerDuty on loopback, over TLS, with faults."""
