"""What each policy says about itself: all of it, or the bundle is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from platform_cli.errors import PlatformError
from platform_cli.policies import metadata, released
from platform_cli.policies.bundle import Bundle, released_from

FILES = dict(released().files)


def made(files: dict[str, bytes]) -> Bundle:
    return released_from(files, "9.0.0", datetime(2027, 1, 1, tzinfo=UTC))


def test_the_packaged_policies() -> None:
    found = {policy.id: policy for policy in metadata.policies(released())}
    assert {name: (policy.input, policy.exceptions) for name, policy in found.items()} == {
        "mesh.pii_masking": ("contract", False),
        "mesh.retention": ("contract", False),
        "mesh.cross_region": ("pipeline", True),
        "mesh.bounded_context": ("pipeline", False),
        "mesh.tag_inheritance": ("lineage", False),
    }
    for policy in found.values():
        assert policy.severity == "deny"
        assert policy.rules == ("deny",)
        assert policy.link == f"policies/{policy.path}"
        assert policy.path in FILES


HEAD = """# METADATA
# title: T
# description: D
# scope: package
# custom:
#   id: mesh.own
#   severity: deny
#   input: contract
#   exceptions: false
#   why: W
#   way_out: O
#   passes: "{}"
#   fails: "{}"
package mesh.own
"""
OWN = f'{HEAD}\ndeny contains {{"msg": "no", "address": ""}} if input.bad\n'


def own(text: str) -> Bundle:
    return made({**FILES, "mesh/own/own.rego": text.encode()})


def test_an_organisation_s_own_policy() -> None:
    (policy,) = [p for p in metadata.policies(own(OWN)) if p.id == "mesh.own"]
    assert policy.link == "policies/mesh/own/own.rego"
    linked = OWN.replace("#   why: W", "#   why: W\n#   link: https://example.com/own")
    (policy,) = [p for p in metadata.policies(own(linked)) if p.id == "mesh.own"]
    assert policy.link == "https://example.com/own"


def test_a_policy_that_warns() -> None:
    text = OWN.replace("severity: deny", "severity: warn").replace("deny contains", "warn contains")
    (policy,) = [p for p in metadata.policies(own(text)) if p.id == "mesh.own"]
    assert (policy.severity, policy.rules) == ("warn", ("warn",))


@pytest.mark.parametrize(
    "text",
    [
        OWN.replace("# METADATA\n", ""),
        OWN.replace("package mesh.own", "\npackage mesh.own"),
        OWN.replace("#   id: mesh.own", "#   id: mesh.other"),
        OWN.replace("#   id: mesh.own\n", ""),
        OWN.replace("severity: deny", "severity: Deny"),
        OWN.replace("severity: deny", "severity: warn"),
        OWN.replace("deny contains", "warn contains"),
        OWN.replace("input: contract", "input: contracts"),
        OWN.replace("exceptions: false", "exceptions: no way"),
        OWN.replace("exceptions: false", "exceptions: false\n#   exceptions: true"),
        OWN.replace("#   why: W\n", ""),
        OWN.replace("#   way_out: O\n", "#   way_out: ''\n"),
        OWN.replace("# title: T\n", ""),
        OWN.replace("# custom:", "# customs:"),
        OWN.replace("# title: T", "# - title: T"),
        OWN.replace("# description: D", "# description"),
        OWN + "\ndeny[msg] if msg := 1\n",
        OWN + "\ndefault deny := false\n",
        OWN + "\ndeny if input.bad\n",
        OWN + "\nwarn := set()\n",
        OWN.replace("package mesh.own\n", "package  \n"),
    ],
)
def test_a_policy_that_says_too_little_is_refused(text: str) -> None:
    assert text != OWN
    with pytest.raises(PlatformError) as raised:
        metadata.policies(own(text))
    assert raised.value.code == "PLT-POLICY-001"


def test_a_bundle_without_a_policy_is_refused() -> None:
    files = {path: content for path, content in FILES.items() if "/tags/" in path}
    with pytest.raises(PlatformError, match="no policy"):
        metadata.policies(made(files))


def test_a_policy_is_found_by_its_id() -> None:
    assert metadata.find(released(), "mesh.retention") == metadata.find(released(), "retention")
    with pytest.raises(PlatformError) as raised:
        metadata.find(released(), "mesh.retentoin")
    assert raised.value.code == "PLT-POLICY-006"
    assert "mesh.retention" in raised.value.hint
