"""What a dbt project says of its models: the only package that knows dbt's files.

Reads the project's YAML and SQL and, where it is there, the manifest. Executes nothing of the
project and evaluates no Jinja: what only dbt could tell is taken from the manifest or left open.
"""

from __future__ import annotations

from platform_cli.dbt_project.model import (
    Column,
    Constraint,
    DbtProject,
    Model,
    Query,
    Source,
    Test,
)
from platform_cli.dbt_project.project import from_files, read

__all__ = [
    "Column",
    "Constraint",
    "DbtProject",
    "Model",
    "Query",
    "Source",
    "Test",
    "from_files",
    "read",
]
