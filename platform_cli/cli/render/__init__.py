"""The only writers to stdout: for people and as JSON."""
