"""Governance that runs: the released bundle, its evaluation, its exceptions.

JSON documents in, decisions out. It loads no contract and knows no repository but the folders it
is given; the engines' libraries are imported when the first policy is evaluated.
"""

from __future__ import annotations

from platform_cli.policies.bundle import Bundle, Release, reclassed_rules, released
from platform_cli.policies.decisions import Decision, Outcome, evaluate
from platform_cli.policies.engine import Choice, Engine, choose
from platform_cli.policies.exceptions import PolicyException
from platform_cli.policies.inputs import Document, document
from platform_cli.policies.working_copy import check_copy, sync

__all__ = [
    "Bundle",
    "Choice",
    "Decision",
    "Document",
    "Engine",
    "Outcome",
    "PolicyException",
    "Release",
    "check_copy",
    "choose",
    "document",
    "evaluate",
    "reclassed_rules",
    "released",
    "sync",
]
