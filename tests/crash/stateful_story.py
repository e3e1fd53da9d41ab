"""One history of a home, told line by line: what is done, what should exist, what must hold.

The model here is small and its own: which domains are whole, which names are somebody else's.
It reads the journal only as `journal export` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.crash.stateful_places import Kind, Marker, Place, Thing, Wanted
from tests.crash.stateful_program import KILLED, Clock, Done, Program, at, command
from tests.crash.stateful_world import World

DOMAINS: Final = ("loyalty", "orders", "customer-care")
ROTATIONS: Final = {
    "loyalty": "loyalty-pager",
    "orders": "orders-pager",
    "customer-care": "loyalty-pager",
}
HOUR_S: Final = 3_600.0
HURRIED_S: Final = 4
"""How long a run tries that need not go well."""
SET_UP: Final = frozenset({0, 3})
HINDERED: Final = frozenset({0, 1, 3, 4, 5})


@dataclass(slots=True)
class Domain:
    """What the model knows of one name on one machine."""

    tried: bool = False
    settled: bool = False
    """The last run left it whole, and nobody has touched it since."""
    kept: list[str] = field(default_factory=list)
    """What the team has made its own."""


class Story:
    """One world, played in by one or two machines."""

    def __init__(self, world: str, folder: Path, program: Program) -> None:
        self.lines = [world]
        self.program, self.broken = program, False
        self.world = World(world, folder, program)
        self.ledgers = self.world.ledgers
        self.models = [{name: Domain() for name in DOMAINS} for _ in self.ledgers]
        self.foreign: dict[tuple[Kind, str], Thing] = {}
        """Things of other people, by kind and by the domain whose name they have."""

    # What can be done, one line each.

    def play(self, line: str) -> None:
        """Do what one line says, and judge how it ended."""
        self.lines.append(line)
        with self._telling():
            word, *more = line.split()
            actions: dict[str, Callable[..., None]] = {
                "init": self._init,
                "second": lambda domain, *words: self._init(domain, *words, on=1),
                "verify": self._verify,
                "dry-run": self._dry_run,
                "status": self._status,
                "kpi": lambda *_: self.ledgers[0].figures(),
                "clock": self._clock,
                "fault": self.world.fault,
                "mend": self.world.mend,
                "foreign": self._foreign,
                "leaves": self._leaves,
                "break": self._break,
                "team": self._team,
                "close": self._close,
            }
            actions[word](*more)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """A failure carries the line that replays it, and nothing is judged after it."""
        try:
            yield
        except AssertionError as error:
            self.broken = True
            told = "; ".join(self.lines)
            replay = f'pytest tests/crash/test_stateful.py -k a_history --replay "{told}"'
            raise AssertionError(f"replay: {replay}\n{error}") from error

    def _run(
        self,
        on: int,
        *argv: str,
        kill: str | None = None,
        jump: str = "",
        turns: str | None = None,
        partner: bool = False,
    ) -> Done:
        machine, clock = self.world.machines[on], None
        if partner:
            machine = self.world.sharing()
        if jump:
            hours, _, after = jump.partition("@")
            later_s = machine.off_s + float(hours) * HOUR_S
            clock, machine.off_s = Clock(machine.off_s, later_s, int(after)), later_s
        hurried = None if self.world.sure else HURRIED_S
        done = self.program.run(
            machine, *command(argv), kill=kill, clock=clock, order=turns, deadline_s=hurried
        )
        self.world.quiet()
        said = f"{' '.join(argv)}: exit {done.status}\n{done.output}"
        assert "Traceback" not in done.output, said
        assert "PLT-INTERNAL" not in done.output, said
        assert done.status != KILLED or kill, said
        if done.status != KILLED:
            assert done.json["schema"], said
        self.ledgers[on].look()
        return done

    def _init(self, domain: str, *words: str, on: int = 0) -> None:
        options: dict[str, Any] = dict(word.split("=") for word in words if "=" in word)
        model, blocked = self.models[on][domain], self._blocked(on, domain)
        ready, settled, sure = self.ledgers[on].ready(domain), model.settled, self.world.sure
        unhindered, before = not self.world.hindered, self.world.traces(on)
        argv = ["init", domain, "--owner", "@loyalty-team", "--on-call", ROTATIONS[domain]]
        if "no-page" in words:
            argv.append("--no-page")
        if "asked" in words:
            asked = at(self.world.machines[on]) - timedelta(minutes=30)
            argv += ["--requested-at", asked.isoformat()]
        done = self._run(on, *argv, partner=("partner" in words), **options)
        model.tried = True
        after = self.world.traces(on)
        said = f"{' '.join(argv)}: exit {done.status}\n{done.output}"
        if (settled and ready) or blocked:
            assert before == after, f"something was changed\n{said}"
        model.settled = settled and before == after
        if done.status == KILLED:
            return
        wanted = 6 if blocked else 3 if "no-page" in words and not ready else 0
        if sure:
            assert done.status == wanted, said
        assert done.status in {wanted, *HINDERED}, said
        if done.status in SET_UP and not blocked:
            model.settled = True
            self._whole(on, domain, said)
            counted = after[0] - before[0] if unhindered else None
            self._honest(on, done, still=settled and ready, counted=counted)

    def _honest(self, on: int, done: Done, *, still: bool, counted: int | None) -> None:
        """The result of a run that went well says what really happened."""
        told, said = done.json, done.output
        if still:
            assert told["mutating_calls"] == 0, said
        made = [call for step in told["steps"] for call in step["calls"]]
        assert told["mutating_calls"] == len(made), said
        if counted is not None and self.world.state is not None:
            assert counted == sum(call.startswith("forge.") for call in made), said
        self.ledgers[on].agrees(told, ready=done.status == 0)

    def _verify(self, domain: str, *words: str) -> None:
        options: dict[str, Any] = dict(word.split("=") for word in words if "=" in word)
        model, known = self.models[0][domain], self.ledgers[0].current(domain) is not None
        before, tree = self.world.traces(0), self.world.first.tree()
        argv = ["verify", domain, *(["--trials"] if "trials" in words else [])]
        sure, blocked, ready = (
            self.world.sure,
            self._blocked(0, domain),
            self.ledgers[0].ready(domain),
        )
        done = self._run(0, *argv, **options)
        said = f"{' '.join(argv)}: exit {done.status}\n{done.output}"
        if "trials" not in words or not known:
            assert self.world.traces(0) == before, said
        if "trials" not in words:
            assert self.world.first.tree() == tree, said
        if done.status == KILLED:
            model.settled = model.settled and self.world.traces(0) == before
            return
        if sure:
            wanted = {0, 3, 5} if known else {2}
            if known and model.settled and not blocked:
                wanted = {0 if ready or "trials" in words else 3}
            assert done.status in wanted, said
        if "trials" in words and done.status != 0:
            model.settled = model.settled and self.world.traces(0) == before

    def _dry_run(self, domain: str) -> None:
        before, tree, events = (
            self.world.traces(0),
            self.world.first.tree(),
            len(self.ledgers[0].events),
        )
        argv = ["init", domain, "--owner", "@loyalty-team", "--on-call", ROTATIONS[domain]]
        sure = self.world.sure
        done = self._run(0, *argv, "--dry-run")
        said = f"dry run: exit {done.status}\n{done.output}"
        assert (self.world.traces(0), self.world.first.tree()) == (before, tree), said
        assert len(self.ledgers[0].events) == events, said
        if sure:
            assert done.status == (6 if self._blocked(0, domain) else 0), said
            if (
                self.models[0][domain].settled
                and self.ledgers[0].ready(domain)
                and done.status == 0
            ):
                assert all(step["status"] == "kept" for step in done.json["steps"]), said

    def _status(self, *_: str) -> None:
        before, tree, sure = self.world.traces(0), self.world.first.tree(), self.world.sure
        done = self._run(0, "status")
        said = f"status: exit {done.status}\n{done.output}"
        assert (self.world.traces(0), self.world.first.tree()) == (before, tree), said
        assert done.status == 0 or not sure, said

    def _close(self, domain: str) -> None:
        known = self.ledgers[0].current(domain) is not None
        done = self._run(0, "journal", "close", domain, "--reason", "a typo")
        assert done.status == (0 if known else 2), done.output

    def _clock(self, hours: str) -> None:
        off_s = self.world.first.off_s + float(hours) * HOUR_S
        self.world.first.off_s = max(-3 * HOUR_S, min(off_s, 3 * HOUR_S))

    def _foreign(self, kind: Kind, domain: str, marker: str) -> None:
        strange = {"none": None, "strange": (domain, "0" * 32)}
        chosen = strange[marker] if marker in strange else self._copied(domain)
        name = ROTATIONS[domain] if kind == "rotation" else domain
        for place in self.world.places(0):
            before = place.things()
            if place.plant(kind, name, chosen):
                (self.foreign[kind, domain],) = [t for t in place.things() if t not in before]
                for models in self.models:
                    models[domain].settled = False

    def _copied(self, domain: str) -> Marker:
        """The marker of another domain, as it stands there; a strange one where there is none."""
        others = [e for e in self.ledgers[0].events if e.domain != domain]
        return (others[0].domain, others[0].onboarding) if others else (domain, "f" * 32)

    def known(self) -> list[str]:
        """Names that the first machine's journal knows."""
        return self.ledgers[0].domains()

    def leavable(self) -> list[str]:
        """Which foreign things can be taken away by whoever owns them."""
        return [f"{kind} {domain}" for kind, domain in self.foreign if kind != "rotation"]

    def _leaves(self, kind: Kind, domain: str) -> None:
        if self.foreign.pop((kind, domain), None) is not None:
            for place in self.world.places(0):
                place.take(kind, domain)

    def breakable(self) -> list[str]:
        """What of ours can be broken by hand now."""
        return [f"{domain} {what}" for domain in DOMAINS for what in self._ways(domain)]

    def _ways(self, domain: str) -> dict[str, Callable[[], None]]:
        """Ways to break something of the first machine's; foreign things are left to others."""
        ids, ways = self.ledgers[0].ids(domain), dict[str, Callable[[], None]]()
        for place in self.world.places(0):
            theirs = {t.kind for t in place.things() if _of(t) == domain and _not_in(t, ids)}
            if not theirs - {"rotation", "policy"}:
                ways |= place.breaks(domain)
        return ways

    def _break(self, domain: str, what: str) -> None:
        way = self._ways(domain).get(what)
        if way is None:
            return
        way()
        model = self.models[0][domain]
        model.settled = False
        gone = {"repository": set(model.kept), "variable-PLATFORM_PROFILE": {"variable"}}
        model.kept = [each for each in model.kept if each not in gone.get(what, ())]

    def _team(self, domain: str) -> None:
        forge: Any = self.world.forges[0]
        ours = [t for t in forge.things() if t.name == domain]
        if ours and not _not_in(ours[0], self.ledgers[0].ids(domain)):
            self.models[0][domain].kept += forge.team(domain)

    # What must hold after every line.

    def holds(self) -> None:
        """Look at everything."""
        if self.broken:
            return
        with self._telling():
            things = [thing for place in self.world.places(0) for thing in place.things()]
            for (kind, domain), foreign in self.foreign.items():
                now = [t for t in things if (t.kind, t.name) == (kind, foreign.name)]
                assert now == [foreign], f"{kind} {domain} is foreign and was changed: {now}"
            for on in range(1 + (self.world.state is not None)):
                for place in self.world.places(on):
                    self._place_holds(on, place)
                self.ledgers[on].figures()
            for domain, model in self.models[0].items():
                forge: Any = self.world.forges[0]
                for what in model.kept:
                    assert forge.kept(domain, what), f"{domain}: the team's {what} is gone"
            if self.world.state is not None:
                assert not self.world.state.wrong, self.world.state.wrong

    def _place_holds(self, on: int, place: Place) -> None:
        doubled = place.doubled()
        assert not doubled, f"more than one: {doubled}"
        ids = {e.onboarding: e.domain for ledger in self.ledgers for e in ledger.events}
        for thing in place.things():
            if thing in self.foreign.values() or thing.marker is None:
                continue
            domain, onboarding = thing.marker
            assert ids.get(onboarding) == domain, f"an orphan: {thing}"
            fine = ROTATIONS[domain] if thing.kind in {"rotation", "policy"} else domain
            assert fine in {thing.name, _of(thing)}, f"a marker at the wrong thing: {thing}"

    def _whole(self, on: int, domain: str, said: str) -> None:
        ids = frozenset(self.ledgers[on].ids(domain))
        wanted = Wanted(domain, ROTATIONS[domain], self.world.organisation, ids)
        lacks = [why for place in self.world.places(on) for why in place.lacks(wanted)]
        assert not lacks, f"{domain} is not whole: {lacks}\n{said}"

    def end(self) -> None:
        """Once nothing is in the way any more, every domain becomes whole, and stays."""
        if self.broken:
            return
        self.play("mend")
        for on, models in enumerate(self.models):
            for domain, model in models.items():
                if model.tried and not self._blocked(on, domain):
                    self._converges(on, domain)
        self.holds()

    def _converges(self, on: int, domain: str) -> None:
        word = ("init", "second")[on]
        for _ in range(2):
            self.play(f"{word} {domain}")
        with self._telling():
            left = self.ledgers[on].unanswered(domain)
            assert not left, f"{domain}: no result for {left}"

    # What the model knows.

    def _blocked(self, on: int, domain: str) -> bool:
        """Whether a name that the domain takes is somebody else's."""
        ids = self.ledgers[on].ids(domain)
        things = [t for place in self.world.places(on) for t in place.things()]
        kinds = {"repository", "schema", "service"}
        return any(t.kind in kinds and _of(t) == domain and _not_in(t, ids) for t in things) or any(
            kind in kinds and (kind == "repository" or on == 0) and of == domain
            for kind, of in self.foreign
        )


def _of(thing: Thing) -> str | None:
    """The domain whose name a thing has."""
    name = thing.name.partition(".")[0].replace("_", "-") if thing.kind == "schema" else thing.name
    return name if name in DOMAINS else None


def _not_in(thing: Thing, ids: set[str]) -> bool:
    return thing.marker is None or thing.marker[1] not in ids
