"""The reference page of the policies, made from what each says about itself."""

from __future__ import annotations

from typing import Final

from platform_cli.policies.bundle import Bundle
from platform_cli.policies.metadata import Policy, policies

_ABOUT: Final = """\
The released policies decide on every pull request of every domain; `platform-cli policy check` says
the same before, and `platform-cli policy explain ID` prints what stands here. A policy reads a data
contract, a pipeline with the tables that it reads, or the lineage of columns.
"""


def page(bundle: Bundle) -> str:
    """The page as Markdown. Raises PLT-POLICY-001."""
    found, required = policies(bundle), bundle.release.required_from
    parts = [
        "# Policies\n",
        f"Release {bundle.version}, required from {required.date().isoformat()}.\n",
        _ABOUT,
        "| policy | reads | asks | exceptions |",
        "|---|---|---|---|",
    ]
    parts += [
        f"| [`{p.id}`](#{p.id.replace('.', '')}) | {p.input} | {p.title} |"
        f" {'allowed' if p.exceptions else 'none'} |"
        for p in found
    ]
    parts += [_section(policy).rstrip() for policy in found]
    return "\n".join(parts) + "\n"


def _section(policy: Policy) -> str:
    return f"""
## `{policy.id}`

{policy.title}. {policy.description.strip()}

*Why.* {policy.why.strip()}

*The way out.* {policy.way_out.strip()}

Passes:

```json
{policy.passes.strip()}
```

{"Is denied" if policy.severity == "deny" else "Is warned of"}:

```json
{policy.fails.strip()}
```
"""
