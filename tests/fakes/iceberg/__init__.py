"""A stateful Iceberg REST catalog on loopback, with faults."""
