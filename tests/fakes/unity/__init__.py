"""A stateful Unity Catalog on loopback, Databricks' or the open-source one, with faults."""
