"""Every error a person can meet: its code, what it means and what to do about it.

A code is permanent. `CODES` is the one list; the reference page is made from it, and a test
triggers each one. Raising happens where the fact is known, printing only in `cli`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, get_args


class Exit(IntEnum):
    """What the shell is told. Documented in docs/reference/errors.md."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    CREDENTIALS = 4
    DENIED = 5
    DECISION = 6
    HELD = 7
    INTERRUPTED = 130


Code = Literal[
    "PLT-USAGE-001",
    "PLT-USAGE-002",
    "PLT-USAGE-003",
    "PLT-USAGE-004",
    "PLT-SPEC-001",
    "PLT-SETTINGS-001",
    "PLT-SETTINGS-002",
    "PLT-SETTINGS-003",
    "PLT-SETTINGS-004",
    "PLT-SETTINGS-005",
    "PLT-HOME-001",
    "PLT-HOME-002",
    "PLT-JOURNAL-001",
    "PLT-JOURNAL-002",
    "PLT-JOURNAL-003",
    "PLT-JOURNAL-004",
    "PLT-JOURNAL-005",
    "PLT-JOURNAL-006",
    "PLT-JOURNAL-007",
    "PLT-JOURNAL-008",
    "PLT-JOURNAL-009",
    "PLT-JOURNAL-010",
    "PLT-TEMPLATE-001",
    "PLT-TEMPLATE-002",
    "PLT-TEMPLATE-004",
    "PLT-TEMPLATE-005",
    "PLT-GIT-001",
    "PLT-GIT-002",
    "PLT-FORGE-001",
    "PLT-FORGE-002",
    "PLT-FORGE-003",
    "PLT-FORGE-004",
    "PLT-FORGE-005",
    "PLT-FORGE-006",
    "PLT-CATALOG-001",
    "PLT-CATALOG-002",
    "PLT-CATALOG-003",
    "PLT-CATALOG-004",
    "PLT-CATALOG-005",
    "PLT-CATALOG-006",
    "PLT-INIT-001",
    "PLT-INIT-002",
    "PLT-INIT-003",
    "PLT-INIT-004",
    "PLT-INIT-005",
    "PLT-INIT-006",
    "PLT-PAGER-001",
    "PLT-PAGER-002",
    "PLT-PAGER-003",
    "PLT-PAGER-004",
    "PLT-PAGER-005",
    "PLT-PAGER-006",
    "PLT-PAGER-007",
    "PLT-CHECK-001",
    "PLT-CONTRACT-001",
    "PLT-CONTRACT-002",
    "PLT-CONTRACT-003",
    "PLT-CONTRACT-004",
    "PLT-CONTRACT-005",
    "PLT-DBT-001",
    "PLT-REPO-001",
    "PLT-PUBLISH-001",
    "PLT-PUBLISH-002",
    "PLT-PRODUCT-001",
    "PLT-POLICY-001",
    "PLT-POLICY-002",
    "PLT-POLICY-003",
    "PLT-POLICY-004",
    "PLT-POLICY-005",
    "PLT-POLICY-006",
    "PLT-POLICY-007",
    "PLT-POLICY-008",
    "PLT-KPI-001",
    "PLT-SERVICE-001",
    "PLT-INTERNAL-001",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the error reference."""

    exit: Exit
    title: str
    remedy: str


CODES: Final[dict[Code, Kind]] = {
    "PLT-USAGE-001": Kind(
        Exit.USAGE,
        "The command line cannot be read",
        "The message names the word; `--help` of the command shows what it takes.",
    ),
    "PLT-USAGE-002": Kind(
        Exit.USAGE,
        "--requested-at is not a usable time",
        "Give a moment in the past with its offset, such as 2026-11-20T09:00:00Z.",
    ),
    "PLT-USAGE-003": Kind(
        Exit.USAGE,
        "The folder given with --into cannot be used",
        "Name a folder that does not exist yet, or an empty one.",
    ),
    "PLT-USAGE-004": Kind(
        Exit.USAGE,
        "Nothing of that name is known to the journal",
        "`platform-cli kpi onboarding --runs` lists the domains it knows.",
    ),
    "PLT-SPEC-001": Kind(
        Exit.USAGE,
        "The domain's name, owner, rotation or an answer is not valid",
        "Every problem is listed at once; mend them all and run the same line again.",
    ),
    "PLT-SETTINGS-001": Kind(
        Exit.USAGE,
        "A configuration file cannot be read",
        "The message gives the file and the line; `config init` writes a fresh one.",
    ),
    "PLT-SETTINGS-002": Kind(
        Exit.USAGE,
        "A setting is unknown or has a wrong value",
        "The message names the nearest known key; `config show` prints all with their origin.",
    ),
    "PLT-SETTINGS-003": Kind(
        Exit.USAGE,
        "A key stands in a project's platform.toml that only a user may set",
        "Move the key to your own config.toml: a cloned repository must not steer the tool.",
    ),
    "PLT-SETTINGS-004": Kind(
        Exit.USAGE,
        "The profile does not exist, or needs a provider that this version does not have",
        "Choose a profile that `config show` lists.",
    ),
    "PLT-SETTINGS-005": Kind(
        Exit.USAGE,
        "The configuration file exists already, or cannot be written",
        "Edit the file that is there, or name another one with --output.",
    ),
    "PLT-HOME-001": Kind(
        Exit.FAILED,
        "PLATFORM_HOME cannot be read or written",
        "Mend the folder's permissions, or set PLATFORM_HOME to a folder of yours.",
    ),
    "PLT-HOME-002": Kind(
        Exit.FAILED,
        "The disk is full",
        "Free some space and run the same line again: it continues where it stopped.",
    ),
    "PLT-JOURNAL-001": Kind(
        Exit.FAILED,
        "The journal was written by a newer platform-cli",
        "Upgrade platform-cli; the journal is left as it is.",
    ),
    "PLT-JOURNAL-002": Kind(
        Exit.FAILED,
        "The journal is damaged or is not a journal",
        "Nothing was changed. Restore it from a copy, or from a `journal export`.",
    ),
    "PLT-JOURNAL-003": Kind(
        Exit.FAILED,
        "The journal is busy",
        "Another process writes to it for a long time; run the same line again.",
    ),
    "PLT-JOURNAL-004": Kind(
        Exit.USAGE,
        "A line of the file to import is not an event",
        "The message gives the line. A file is imported whole or not at all.",
    ),
    "PLT-JOURNAL-005": Kind(
        Exit.HELD,
        "Another run holds the domain",
        "Wait for that run to end; if its process is gone, the next run simply goes on.",
    ),
    "PLT-JOURNAL-006": Kind(
        Exit.USAGE,
        "The journal's address cannot be used",
        "Use the SQLite file in PLATFORM_HOME (the default), sqlite:///PATH or "
        "postgresql://USER@HOST/DATABASE, which needs the extra `postgres`.",
    ),
    "PLT-JOURNAL-007": Kind(
        Exit.FAILED,
        "The shared journal cannot be reached, or was lost in the middle of a run",
        "Look at journal.url, the network and the server, then run the same line again: "
        "events kept on disk are delivered first.",
    ),
    "PLT-JOURNAL-008": Kind(
        Exit.CREDENTIALS,
        "The shared journal does not let this user in, or does not allow what was asked",
        "Set PGPASSWORD or a password file; a writer needs its own tables, a reader SELECT.",
    ),
    "PLT-JOURNAL-009": Kind(
        Exit.FAILED,
        "What was moved is not the same in both journals",
        "The message names the first event; the source is as it was, and stays the truth.",
    ),
    "PLT-JOURNAL-010": Kind(
        Exit.FAILED,
        "An event is too long to be kept",
        "A line that no import would take is not written; the message names the event.",
    ),
    "PLT-TEMPLATE-001": Kind(
        Exit.FAILED,
        "The template cannot be rendered",
        "The message gives the file and line of the template; nothing was written.",
    ),
    "PLT-TEMPLATE-002": Kind(
        Exit.FAILED,
        "The template asks for something that is refused",
        "Tasks, migrations and extensions run code: a template that has them is not used.",
    ),
    "PLT-TEMPLATE-004": Kind(
        Exit.FAILED,
        "A rendered file is not acceptable",
        "The template made a file that its reader would refuse; the message names it.",
    ),
    "PLT-TEMPLATE-005": Kind(
        Exit.FAILED,
        "The template that the settings name cannot be fetched",
        "`platform-cli doctor` asks its address; once fetched, a commit is kept and needs nobody.",
    ),
    "PLT-GIT-001": Kind(
        Exit.FAILED,
        "git is not there, or too old",
        "Install git 2.31 or newer and run the same line again.",
    ),
    "PLT-GIT-002": Kind(
        Exit.FAILED,
        "A git command failed",
        "The message carries git's own words; running the same line again is safe.",
    ),
    "PLT-FORGE-001": Kind(
        Exit.DECISION,
        "The repository exists and is not ours",
        "Choose another name; an empty repository can be taken over with --adopt.",
    ),
    "PLT-FORGE-002": Kind(
        Exit.FAILED,
        "The embedded forge's records cannot be read",
        "The message names the file; nothing was changed.",
    ),
    "PLT-FORGE-003": Kind(
        Exit.FAILED,
        "The repository or branch is not there",
        "It was removed while the run was on; run the same line again.",
    ),
    "PLT-FORGE-004": Kind(
        Exit.CREDENTIALS,
        "The forge refuses the credentials, or they lack a permission",
        "The message names the permission; `platform-cli doctor` looks at all of them at once.",
    ),
    "PLT-FORGE-005": Kind(
        Exit.FAILED,
        "The forge did not answer, or asked to wait",
        "Run the same line again later: it looks at what is there and does what is missing.",
    ),
    "PLT-FORGE-006": Kind(
        Exit.FAILED,
        "The forge refuses what it was asked",
        "The message carries the forge's own words; mend what it names and run the line again.",
    ),
    "PLT-CATALOG-001": Kind(
        Exit.DECISION,
        "The schema or table exists and is not ours",
        "Choose another name, or take the schema over with --adopt.",
    ),
    "PLT-CATALOG-002": Kind(
        Exit.FAILED,
        "The embedded catalog cannot be read",
        "The message names the file; nothing was changed.",
    ),
    "PLT-CATALOG-003": Kind(
        Exit.FAILED,
        "The schema or table is not there",
        "It was removed while the run was on; run the same line again.",
    ),
    "PLT-CATALOG-004": Kind(
        Exit.CREDENTIALS,
        "The catalog refuses the credentials, or they lack a grant",
        "The message names the grant; `platform-cli doctor` says who can give it.",
    ),
    "PLT-CATALOG-005": Kind(
        Exit.FAILED,
        "The catalog did not answer, or asked to wait",
        "Run the same line again later: it looks at what is there and does what is missing.",
    ),
    "PLT-CATALOG-006": Kind(
        Exit.FAILED,
        "The catalog refuses what it was asked",
        "The message carries the catalog's own words; mend what it names and run the line again.",
    ),
    "PLT-INIT-001": Kind(
        Exit.DECISION,
        "A person must decide before anything is written",
        "Each conflict is listed with what was found and the ways out.",
    ),
    "PLT-INIT-002": Kind(
        Exit.DECISION,
        "The domain was first asked for with other values",
        "Run with the first values; a typo is taken out with `journal close DOMAIN --reason`.",
    ),
    "PLT-INIT-003": Kind(
        Exit.FAILED,
        "A step did not succeed before the deadline",
        "Run the same line again: it looks at the world and does what is missing.",
    ),
    "PLT-INIT-004": Kind(
        Exit.INTERRUPTED,
        "The run was interrupted",
        "Run the same line again: it is safe and continues where it stopped.",
    ),
    "PLT-INIT-005": Kind(
        Exit.USAGE,
        "--adopt names nothing that is in the plan",
        "Copy an address from the plan that --dry-run prints, or say --adopt all.",
    ),
    "PLT-INIT-006": Kind(
        Exit.CREDENTIALS,
        "The person on whose behalf it is asked does not belong to the owner",
        "Somebody of the owner team starts it; a team that cannot be seen is a refusal, too.",
    ),
    "PLT-PAGER-001": Kind(
        Exit.DECISION,
        "Something of that name exists in the pager",
        "Choose another name; what is there was not changed.",
    ),
    "PLT-PAGER-002": Kind(
        Exit.FAILED,
        "The embedded pager's file cannot be read",
        "The message gives the file and the reason; mend it by hand.",
    ),
    "PLT-PAGER-003": Kind(
        Exit.DECISION,
        "A page would reach nobody",
        "Put somebody with a contact on the rotation.",
    ),
    "PLT-PAGER-004": Kind(
        Exit.FAILED,
        "The service or schedule is not in the pager",
        "It was removed while the run was on; run the same line again.",
    ),
    "PLT-PAGER-005": Kind(
        Exit.CREDENTIALS,
        "The pager refuses the token, or it lacks a right",
        "The message says which call; `platform-cli doctor` looks at the token.",
    ),
    "PLT-PAGER-006": Kind(
        Exit.FAILED,
        "The pager did not answer, or asked to wait",
        "Run the same line again later: it looks at what is there and does what is missing.",
    ),
    "PLT-PAGER-007": Kind(
        Exit.FAILED,
        "The pager refuses what it was asked, or cannot be asked",
        "The message carries the pager's own words; mend what it names and run the line again.",
    ),
    "PLT-CONTRACT-001": Kind(
        Exit.DENIED,
        "A contract is not valid",
        "Every finding is listed with its line; mend them all and run the same line again.",
    ),
    "PLT-CONTRACT-002": Kind(
        Exit.USAGE,
        "There is no such contract",
        "Name a file, or a file of a commit as REF:path, with the path from the repository's top.",
    ),
    "PLT-CONTRACT-003": Kind(
        Exit.FAILED,
        "The policy bundle re-classes a rule that does not exist",
        "The platform team mends the bundle: the rule's id stands in the rule table.",
    ),
    "PLT-CONTRACT-004": Kind(
        Exit.USAGE,
        "There is no consumes.yaml, or no folder, of that name",
        "Name the folder of a domain's repository, or a folder that holds contracts.",
    ),
    "PLT-CONTRACT-005": Kind(
        Exit.USAGE,
        "There is no such baseline",
        "Name a branch, a tag or a commit of the repository that the contracts are in.",
    ),
    "PLT-DBT-001": Kind(
        Exit.USAGE,
        "There is no dbt project, or its dbt_project.yml cannot be read",
        "Name the folder in which dbt_project.yml is.",
    ),
    "PLT-CHECK-001": Kind(
        Exit.DENIED,
        "A day-one check failed",
        "The check says what it saw and what to do; run init again after the mend.",
    ),
    "PLT-REPO-001": Kind(
        Exit.USAGE,
        "The folder is not a domain's repository",
        "Go to one that `init` made: its platform.toml says which domain it belongs to.",
    ),
    "PLT-PUBLISH-001": Kind(
        Exit.DENIED,
        "A contract cannot be published as it is",
        "Each is listed with its reason; mend them all and publish again.",
    ),
    "PLT-PUBLISH-002": Kind(
        Exit.DECISION,
        "A schema or table of that name is in the catalog and is not the domain's",
        "Find out whose it is; what is there was not changed.",
    ),
    "PLT-PRODUCT-001": Kind(
        Exit.DECISION,
        "The table, or a file of its name, is in the repository already",
        "Choose another name, or move away what the message lists.",
    ),
    "PLT-POLICY-001": Kind(
        Exit.FAILED,
        "The policy bundle cannot be used",
        "The message names the file. Install platform-cli again, or mend policy.bundle.",
    ),
    "PLT-POLICY-002": Kind(
        Exit.FAILED,
        "A policy does not compile",
        "The message gives the file and the line. Mend the bundle; until then nothing passes.",
    ),
    "PLT-POLICY-003": Kind(
        Exit.FAILED,
        "No engine can evaluate the policies",
        "Put opa 1.0 or newer on the PATH; the embedded engine does not exist for every system.",
    ),
    "PLT-POLICY-004": Kind(
        Exit.FAILED,
        "A document is of no known kind",
        "Its `kind` is pipeline or lineage; a contract needs none.",
    ),
    "PLT-POLICY-005": Kind(
        Exit.FAILED,
        "An exception is not valid",
        "Every problem is listed at once; mend the file or remove it.",
    ),
    "PLT-POLICY-006": Kind(
        Exit.USAGE,
        "There is no policy of that id",
        "The message lists the policies of the released bundle.",
    ),
    "PLT-POLICY-007": Kind(
        Exit.USAGE,
        "What is to be checked or written cannot be used",
        "Name a file or a repository's folder that can be read.",
    ),
    "PLT-POLICY-008": Kind(
        Exit.FAILED,
        "The policy engine ended without an answer",
        "Run the same line again, or with --engine embedded; nothing was decided.",
    ),
    "PLT-KPI-001": Kind(
        Exit.DENIED,
        "The p50 of the lead time is above the limit of --fail-over",
        "The report says which steps own it; `kpi onboarding --runs` lists the onboardings.",
    ),
    "PLT-SERVICE-001": Kind(
        Exit.DECISION,
        "A file of the service is there already and says something else",
        "Move away what is listed, or render into an empty folder and compare.",
    ),
    "PLT-INTERNAL-001": Kind(
        Exit.FAILED,
        "An error in platform-cli itself",
        "Run again with --debug and report the traceback; running again is safe.",
    ),
}

assert set(CODES) == set(get_args(Code)), "errors: the list of codes and their table differ"  # noqa: S101


@dataclass(frozen=True, slots=True)
class Problem:
    """One of several things wrong with an input: where, what, and what would be right."""

    address: str
    summary: str
    hint: str


class PlatformError(Exception):
    """What happened and what is unchanged (summary), the next command (hint), where (address)."""

    def __init__(
        self,
        code: Code,
        summary: str,
        *,
        hint: str | None = None,
        address: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(summary)
        self.code: Code = code
        self.summary = summary
        self.hint = hint if hint is not None else CODES[code].remedy
        self.address = address
        self.problems = tuple(problems)

    @property
    def exit(self) -> Exit:
        """The exit code that this error means."""
        return CODES[self.code].exit


class TemporaryError(PlatformError):
    """Worth another try: a time-out, a limit, a server's bad moment. The effect is not known."""

    def __init__(
        self,
        code: Code,
        summary: str,
        *,
        hint: str | None = None,
        address: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, summary, hint=hint, address=address)
        self.retry_after_s = retry_after_s
