"""What the soak counts as an outage, and from when on it asks that a due time rings."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.soak.checks import Finding, pairs_found, streamed
from bench.soak.failover import Fault, Probe
from bench.soak.ladder import first_chance
from bench.soak.listeners import Stream
from bench.soak.machines import Machine, Stretch, nobody_ringing
from bench.soak.post import Letter, Post
from bench.soak.report import as_json, closing, quantile, table

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def stretch(begin: float, end: float) -> Stretch:
    return at(begin), at(end)


def machine(name: str, *down: Stretch) -> Machine:
    return Machine(name, Path(), list(down))


class TestNobodyRinging:
    def test_needs_the_database_and_one_worker(self) -> None:
        postgres = machine("postgres", stretch(50, 52))
        first = machine("worker-1", stretch(0, 10), stretch(30, 35))
        second = machine("worker-2", stretch(5, 20), stretch(51, 60))
        assert nobody_ringing(postgres, [first, second]) == [stretch(5, 10), stretch(50, 52)]

    def test_joins_stretches_that_overlap(self) -> None:
        postgres = machine("postgres", stretch(8, 12), stretch(12, 15))
        worker = machine("worker-1", stretch(5, 10))
        assert nobody_ringing(postgres, [worker]) == [stretch(5, 15)]


class TestFirstChance:
    down = (stretch(10, 20), stretch(22, 30))

    def test_is_the_due_time_where_nothing_fell(self) -> None:
        assert first_chance(at(40), self.down, 5) == at(40)
        assert first_chance(at(1), self.down, 5) == at(1)

    def test_is_the_end_of_an_outage_that_left_it_no_tick(self) -> None:
        assert first_chance(at(7), self.down[:1], 5) == at(20)
        assert first_chance(at(12), self.down[:1], 5) == at(20)

    def test_is_put_off_by_a_second_outage_right_after(self) -> None:
        assert first_chance(at(12), self.down, 5) == at(30)


class TestReport:
    def test_names_what_was_missed(self) -> None:
        findings = [Finding("kept", 3, 0), Finding("lost", 2, 1, "this one")]
        text = table(findings, {"seed": 7})
        assert "MISSED  this one" in text
        assert Counter(text.split())["ok"] == 1
        assert '"missed": 1' in as_json(findings, {"seed": 7})

    def test_ends_with_what_was_missed_or_that_nothing_was(self) -> None:
        findings = [Finding("kept", 3, 0), Finding("lost", 2, 1)]
        assert closing(findings, "3 writes") == "not kept: lost"
        assert closing(findings[:1], "3 writes") == "all promises kept: 3 writes"

    def test_gives_quantiles_of_few(self) -> None:
        assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
        assert quantile([3.0, 1.0, 2.0], 1) == 3.0
        assert quantile([], 0.5) == 0.0


class TestAlerts:
    def test_are_counted_by_concern_and_lead(self) -> None:
        found = pairs_found([("a one", True), ("a two", False), ("b one", True)])
        assert (found.tried, found.missed, found.example) == (3, 1, "a two")

    def test_of_the_stream_are_held_against_the_inbox(self) -> None:
        inboxes = [({"a", "b"}, {"a": {"1"}, "x": {"2"}}), ({"c"}, {"c": {"3", "4"}})]
        found = streamed(inboxes)
        assert [(one.tried, one.missed, one.example) for one in found] == [
            (3, 1, "b"), (3, 1, "x"), (3, 1, "c"),
        ]  # fmt: skip

    def test_are_heard_beside_concerns(self) -> None:
        stream = Stream(None, None, "")  # type: ignore[arg-type]
        for kind, id_ in (("concern.raised", "c"), ("alert.raised", "a"), ("alert.rang", "r")):
            stream._take(f'data: {{"id": "e-{id_}", "kind": "{kind}", "about": {{"id": "{id_}"}}}}')
        assert dict(stream.heard) == {"c": {"e-c"}}
        assert dict(stream.alerted) == {"a": {"e-a"}}


class TestThePost:
    """One message may carry several alerts: by its id the first, by their references the rest."""

    one, other, third = (f"{number}" * 36 for number in (1, 2, 3))

    def letter(self, id_: str, text: str, second: float = 1, to: str = "lead@x") -> Letter:
        return Letter(f"alert-{id_}@x", to, text, at(second))

    def post(self, *letters: Letter) -> Post:
        post = Post(0)
        for letter in letters:
            post.keep(letter)
        return post

    def test_carries_the_first_and_those_whose_reference_it_lists(self) -> None:
        post = self.post(self.letter(f"{self.one}-abc", "C-0001 needs you, and 1 more. C-0002"))
        assert post.carried(self.one, "lead@x", "C-0001", at(0))
        assert post.carried(self.other, "lead@x", "C-0002", at(0))
        assert not post.carried(self.third, "lead@x", "C-0003", at(0))
        assert not post.carried(self.other, "deputy@x", "C-0002", at(0)), "somebody else's"
        assert not post.carried(self.other, "lead@x", "C-0002", at(2)), "it was there before"

    def test_tells_one_message_under_two_ids_from_two_messages(self) -> None:
        once = self.letter(self.one, "C-0001 needs you.")
        again = self.letter(f"{self.one}-abc", "C-0001 needs you.")
        gathered = self.letter(f"{self.one}-abc", "C-0001 needs you, and 1 more.")
        assert not self.post().ids_too_many(self.one, 1)
        assert not self.post(once, once).ids_too_many(self.one, 1)
        assert not self.post(once, gathered).ids_too_many(self.one, 1)
        assert not self.post(once, again).ids_too_many(self.one, 2), "it rang again"
        assert self.post(once, again).ids_too_many(self.one, 1)


class TestTheCluster:
    def test_counts_the_longest_that_nothing_was_taken(self) -> None:
        fault = Fault("server", "db1", began=10, ended=20)
        assert fault.outage([9, 11, 12, 17, 18, 99]) == 5
        assert fault.outage([9, 19]) == 9
        assert fault.outage([]) == 10

    def test_knows_when_readyz_lied_and_when_it_was_late(self) -> None:
        probe = Probe()
        nothing, led, routed = [False] * 4, [True, False, False, False], [True, False, False, True]
        probe.saw(503, nothing, nothing)
        probe.saw(200, nothing, led)  # it came to lead meanwhile
        probe.saw(503, led, led)  # the door does not know it yet
        assert (probe.lies, probe.late) == ([], 0)
        probe.saw(503, routed, routed)
        probe.saw(503, routed, routed)
        assert probe.late > 0
        probe.saw(200, nothing, nothing)
        assert len(probe.lies) == 1
