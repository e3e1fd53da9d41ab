"""The only package that runs git: `process` starts it, `repository` is what others ask for."""

from platform_cli.git.around import WorkTree, around
from platform_cli.git.pinned import Limits, Pinned, UnfitError
from platform_cli.git.process import OLDEST
from platform_cli.git.remote import Remote
from platform_cli.git.repository import Git, NewCommit

__all__ = [
    "OLDEST",
    "Git",
    "Limits",
    "NewCommit",
    "Pinned",
    "Remote",
    "UnfitError",
    "WorkTree",
    "around",
]
