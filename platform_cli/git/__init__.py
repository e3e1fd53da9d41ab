"""The only package that runs git: `process` starts it, `repository` is what others ask for."""

from platform_cli.git.process import OLDEST
from platform_cli.git.repository import Git, NewCommit

__all__ = ["OLDEST", "Git", "NewCommit"]
