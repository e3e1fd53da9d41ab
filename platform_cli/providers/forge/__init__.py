"""Where repositories live: the port, CODEOWNERS as GitHub reads it, and the adapters."""
