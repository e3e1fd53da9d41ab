"""Stands for a provider that nobody is to ask: a plan that is made offline tells what is not known.

Not an adapter: it answers nothing, so that no answer can be invented.
"""

from __future__ import annotations

from typing import NoReturn, Self


class UnaskedError(Exception):
    """Something would have had to be asked of a provider that is not to be asked."""


class Unasked:
    """Any provider at all, as long as nothing is asked of it but what is told here."""

    def __init__(self, **told: object) -> None:
        vars(self).update(told)

    def one_look(self) -> Self:
        """Nobody is asked in it, either."""
        return self

    def __getattr__(self, name: str) -> NoReturn:
        """Whatever is asked, the answer is not known."""
        raise UnaskedError(name)
