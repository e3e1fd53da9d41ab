"""Unity Catalog as the catalog: Databricks' own, or the open-source server."""
