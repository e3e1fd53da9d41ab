"""A policy bundle as data: its files, its manifest, the digest of the one in the other.

Owns where the released bundle comes from and what is refused as one. It evaluates nothing; what a
policy says about itself is in `metadata`, archives are in `archive`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.policies.reading import read_json
from platform_cli.policies.times import moment

MANIFEST: Final = ".manifest"
FOLDER: Final = "policies"
LARGEST: Final = 16 * 1024 * 1024
_MANIFEST_KEYS: Final = frozenset({"revision", "roots", "metadata"})
CLASSES: Final = ("patch", "minor", "major", "refused")


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a bundle: from `required_from` on every repository must carry it."""

    version: str
    digest: str
    required_from: datetime


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose digest was checked: `files` are all but the manifest, by path."""

    files: Mapping[str, bytes]
    manifest: bytes
    release: Release
    roots: tuple[str, ...]
    earlier: tuple[Release, ...]

    @property
    def version(self) -> str:
        """The version of this release."""
        return self.release.version

    @property
    def digest(self) -> str:
        """`sha256:` and the digest of the files."""
        return self.release.digest

    def modules(self, *, tests: bool) -> dict[str, str]:
        """The Rego modules by path, in order. Raises PLT-POLICY-001."""
        found = {}
        for path in sorted(self.files):
            if path.endswith(".rego") and (tests or not path.endswith("_test.rego")):
                try:
                    found[path] = self.files[path].decode("utf-8")
                except UnicodeDecodeError:
                    raise refusal(f"{path} is not UTF-8", path) from None
        return found

    def data(self) -> dict[str, Any]:
        """What all data.json files give, each at its folder's path. Raises PLT-POLICY-001."""
        found: dict[str, Any] = {}
        for path in sorted(self.files):
            name = PurePosixPath(path).name
            if name in {"data.yaml", "data.yml"}:
                raise refusal(f"{path}: data of a bundle is read from data.json alone", path)
            if name == "data.json":
                _merge(found, PurePosixPath(path).parent.parts, self._document(path), path)
        return found

    def _document(self, path: str) -> dict[str, Any]:
        try:
            document = read_json(self.files[path].decode("utf-8-sig"))
        except ValueError as error:
            raise refusal(f"{path} cannot be read: {error}", path) from None
        if not isinstance(document, dict):
            raise refusal(f"{path} is not a JSON object", path)
        return document


def _merge(into: dict[str, Any], at: tuple[str, ...], found: dict[str, Any], path: str) -> None:
    for part in at:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            raise refusal(f"{path}: another file already gives {part}", path)
    for key, value in found.items():
        if key in into:
            raise refusal(f"{path}: another file already gives {key}", path)
        into[key] = value


def digest(files: Mapping[str, bytes]) -> str:
    """`sha256:` over the sorted paths and bytes; lengths between them, so that nothing can move."""
    found = hashlib.sha256()
    for path in sorted(set(files) - {MANIFEST}):
        found.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return f"sha256:{found.hexdigest()}"


def from_files(files: Mapping[str, bytes]) -> Bundle:
    """The bundle that these files are. Raises PLT-POLICY-001, also where the digest disagrees."""
    if MANIFEST not in files:
        raise refusal("it has no .manifest", MANIFEST)
    manifest = files[MANIFEST]
    release, roots, earlier = _read_manifest(manifest)
    rest = {path: files[path] for path in sorted(files) if path != MANIFEST}
    found = digest(rest)
    if found != release.digest:
        raise refusal(
            f"its files have the digest {found}, its manifest says {release.digest}", MANIFEST
        )
    return Bundle(rest, manifest, release, roots, earlier)


def released_from(
    files: Mapping[str, bytes],
    version: str,
    required_from: datetime,
    earlier: tuple[Release, ...] = (),
) -> Bundle:
    """A new release of these files, with a manifest of its own. Raises PLT-POLICY-001."""
    rest = {path: files[path] for path in sorted(files) if path != MANIFEST}
    roots = sorted({path.split("/")[0] for path in rest if path.endswith(".rego") and "/" in path})
    metadata: dict[str, Any] = {
        "required_from": _written(required_from),
        "digest": digest(rest),
    }
    if earlier:
        metadata["earlier"] = [
            {"version": r.version, "digest": r.digest, "required_from": _written(r.required_from)}
            for r in earlier
        ]
    manifest = {"revision": version, "roots": roots, "metadata": metadata}
    return from_files({**rest, MANIFEST: json.dumps(manifest, indent=2).encode() + b"\n"})


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _read_manifest(content: bytes) -> tuple[Release, tuple[str, ...], tuple[Release, ...]]:
    try:
        found = read_json(content.decode("utf-8"))
        if not isinstance(found, dict) or set(found) != _MANIFEST_KEYS:
            raise ValueError(f"its keys are {', '.join(sorted(_MANIFEST_KEYS))}")  # noqa: TRY301 - told as one refusal
        metadata, roots = found["metadata"], found["roots"]
        if not isinstance(roots, list) or not all(isinstance(root, str) for root in roots):
            raise ValueError("roots is a list of folders")  # noqa: TRY301 - the same
        if not isinstance(metadata, dict):
            raise ValueError("metadata has required_from and digest")  # noqa: TRY004, TRY301 - the same
        release = read_release({"version": found["revision"], **_without_earlier(metadata)})
        listed = metadata.get("earlier", [])
        earlier = tuple(read_release(each) for each in listed)
    except (ValueError, TypeError) as error:
        raise refusal(f"its .manifest cannot be read: {error}", MANIFEST) from None
    return release, tuple(roots), earlier


def _without_earlier(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if key != "earlier"}


def read_release(found: Mapping[str, Any]) -> Release:
    """One release as it is written down. Raises ValueError."""
    if set(found) != {"version", "digest", "required_from"}:
        raise ValueError("a release has version, digest and required_from")
    version, said, start = found["version"], found["digest"], found["required_from"]
    if not isinstance(version, str) or not version:
        raise ValueError("a release's version is a text")
    if not isinstance(said, str) or len(said.removeprefix("sha256:")) != 64:  # noqa: PLR2004 - its digits
        raise ValueError("a release's digest is sha256: and 64 digits")
    if not isinstance(start, str):
        raise ValueError("a release's required_from is a time")  # noqa: TRY004 - one kind of error
    return Release(version, said, moment(start))


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by path. Raises PLT-POLICY-001 for links and what is too large."""
    found: dict[str, bytes] = {}
    room = LARGEST
    for above, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if Path(above, f).is_symlink())]):
            path = Path(above, name)
            where = path.relative_to(folder).as_posix()
            if not where.isprintable():
                raise refusal(f"{where!a} is not a name that every system writes alike", where)
            if not stat.S_ISREG(path.lstat().st_mode):
                raise refusal(f"{where} is a link or a special file", where)
            content = path.read_bytes()
            room -= len(content)
            if room < 0:
                raise refusal(f"it is larger than {LARGEST // 1024} KiB", where)
            found[where] = content
    return found


def load(folder: Path) -> Bundle:
    """The bundle in a folder. Raises PLT-POLICY-001."""
    if not folder.is_dir():
        raise refusal(f"{folder} is not a folder", str(folder))
    return from_files(read_folder(folder))


def draft(folder: Path) -> Bundle:
    """A folder that is not released yet, whatever its manifest says. Raises PLT-POLICY-001."""
    if not folder.is_dir():
        raise refusal(f"{folder} is not a folder", str(folder))
    return released_from(read_folder(folder), "draft", datetime.max.replace(tzinfo=UTC))


def packaged_folder() -> Path:
    """Where the packaged bundle is: inside a wheel, or beside the package."""
    package = Path(__file__).resolve().parent.parent
    below = Path("templates", "domain", "repository", FOLDER)
    inside = package / below
    return inside if inside.is_dir() else package.parent / below


def released(configured: str | None = None) -> Bundle:
    """The released bundle: the packaged one, or the organisation's. Raises PLT-POLICY-001."""
    if configured is None:
        found = load(packaged_folder())
        return Bundle(found.files, found.manifest, found.release, found.roots, _carried())
    from platform_cli.policies import archive

    return archive.fetch(configured)


def _carried() -> tuple[Release, ...]:
    """Every earlier release of the packaged bundle, as the program carries them."""
    listed = json.loads((Path(__file__).parent / "releases.json").read_text(encoding="utf-8"))
    return tuple(read_release(each) for each in listed)


def reclassed_rules(bundle: Bundle) -> Mapping[str, str]:
    """What the bundle makes of rules for contracts: rule id to class. Raises PLT-POLICY-001."""
    where = "mesh/contract_rules/data.json"
    found: Any = bundle.data()
    for part in ("mesh", "contract_rules", "classes"):
        found = found.get(part, {}) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise refusal(f"{where}: classes is a mapping from a rule to its class", where)
    for rule, wanted in found.items():
        if wanted not in CLASSES:
            known = ", ".join(CLASSES)
            raise refusal(f"{where}: the class of {rule} is none of {known}", where)
    return dict(found)


def refusal(why: str, address: str | None = None) -> PlatformError:
    """The bundle cannot be used, and nothing was decided."""
    return PlatformError(
        "PLT-POLICY-001",
        f"The policy bundle cannot be used: {why}. Nothing was decided.",
        address=address,
    )
