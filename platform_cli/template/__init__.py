"""Renders a domain's repository from a Copier template: the only package that knows Copier.

Owns what a template may ask for, what an answer may be, and what a rendered file must be. A
rendering starts nothing, asks no network and leaves nothing behind but the finished folder: a
template that wants more than rendering is refused before Copier sees it.
"""

from __future__ import annotations

from platform_cli.template.apart import Apart
from platform_cli.template.asking import Question, answers, questions
from platform_cli.template.rendering import REQUIRED_CHECKS, Rendered, packaged, render

__all__ = [
    "REQUIRED_CHECKS",
    "Apart",
    "Question",
    "Rendered",
    "answers",
    "packaged",
    "questions",
    "render",
]
