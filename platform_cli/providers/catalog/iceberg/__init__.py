"""An Iceberg REST catalog: Polaris, Gravitino, Lakekeeper, and whoever else speaks it."""
