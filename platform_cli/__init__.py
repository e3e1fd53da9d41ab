"""platform-cli: from a team's name to a governed data domain that is proven ready."""

__version__ = "0.1.0"
