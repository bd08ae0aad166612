"""How well a partition of contacts into citizens agrees with who they are of.

Everything counts events: a list with one entry per event, in the same order everywhere.
"""

import collections
import dataclasses
import math
import statistics
from typing import Hashable, Iterable, Mapping, Sequence

Cluster = Hashable


@dataclasses.dataclass(frozen=True)
class Party:
    """What the server says of the customer of one contact."""
    citizen: str = ""       # Empty: of nobody, or the event was refused.
    states: bool = False    # A name, a birth date or a number of its own.
    verified: bool = False  # Its number was.
    number: str = ""


@dataclasses.dataclass(frozen=True)
class Suggestion:
    citizen: str
    bits: float
    obstacle: str = ""
    whole: float = 0.0  # Bits, if all that a household shares counts.


@dataclasses.dataclass(frozen=True)
class Figures:
    precision: float
    recall: float
    f1: float
    b3_f: float
    mixed: int          # Citizens with events of two persons.
    wrong_events: int   # Events in a citizen that is mostly somebody else.
    largest: int        # Events of the largest citizen.
    two_bsn: int        # Citizens with two different numbers, verified or not.


@dataclasses.dataclass(frozen=True)
class Shares:
    """Of events without a number, whose person has a citizen with a verified one."""
    events: int
    automatic: int    # In it.
    suggested: int    # Not in it, and it is among the suggestions.
    listed: int       # Not in it, with any suggestion.
    suggestions: int  # Of those, together.


def ratio(part: float, whole: float, otherwise: float) -> float:
    return part / whole if whole else otherwise


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def harmonic(one: float, other: float) -> float:
    return ratio(2 * one * other, one + other, 0.0)


def clusters_of(parties: Sequence[Party]) -> list[Cluster]:
    """The citizen of each event; an event of nobody is by itself.

    Of contacts of which nothing is known but, say, a telephone the service says that they came from
    there, not that they are of one person: each is by itself too.
    """
    stating = {party.citizen for party in parties if party.states}
    return [party.citizen if party.citizen in stating and party.citizen else at
            for at, party in enumerate(parties)]


def figures(truth: Sequence[str], clusters: Sequence[Cluster], numbers: Sequence[str]) -> Figures:
    """Pairwise and B-cubed (Bagga and Baldwin 1998) figures; where nothing is claimed nothing is wrong."""
    both = collections.Counter(zip(clusters, truth))
    found = collections.Counter(clusters)
    there = collections.Counter(truth)
    persons: dict[Cluster, list[int]] = collections.defaultdict(list)
    for (cluster, _), count in both.items():
        persons[cluster].append(count)
    right = pairs(both.values())
    precision = ratio(right, pairs(found.values()), 1.0)
    recall = ratio(right, pairs(there.values()), 1.0)
    b3_precision = sum(n * n / found[cluster] for (cluster, _), n in both.items()) / len(truth)
    b3_recall = sum(n * n / there[person] for (_, person), n in both.items()) / len(truth)
    held: dict[Cluster, set[str]] = collections.defaultdict(set)
    for cluster, number in zip(clusters, numbers):
        if number:
            held[cluster].add(number)
    return Figures(
        precision, recall, harmonic(precision, recall), harmonic(b3_precision, b3_recall),
        mixed=sum(len(counts) > 1 for counts in persons.values()),
        wrong_events=sum(sum(counts) - max(counts) for counts in persons.values()),
        largest=max(found.values()),
        two_bsn=sum(len(different) > 1 for different in held.values()))


def differing_pairs(one: Sequence[Cluster], other: Sequence[Cluster]) -> int:
    """Pairs of events that are together in one partition and apart in the other."""
    agreeing = pairs(collections.Counter(zip(one, other)).values())
    return (pairs(collections.Counter(one).values()) + pairs(collections.Counter(other).values())
            - 2 * agreeing)


Proposed = tuple[float, Cluster, Cluster]  # Bits, and the citizens that they say are one.


def firsts(suggestions: Mapping[str, Sequence[Suggestion]], bits: float) -> list[Proposed]:
    """Each citizen's best suggestion of at least `bits`."""
    proposed: list[Proposed] = []
    for citizen, others in suggestions.items():
        fitting = [other for other in others if other.bits >= bits and other.obstacle != "OBSTACLE_ONE_CONTACT"]
        if fitting:
            best = max(fitting, key=lambda other: other.bits)
            proposed.append((best.bits, citizen, best.citizen))
    return proposed


def unhindered(suggestions: Mapping[str, Sequence[Suggestion]], bits: float) -> list[Proposed]:
    """The suggestions of at least `bits` that nothing is in the way of but that they say too little."""
    return [(other.bits, citizen, other.citizen) for citizen, others in suggestions.items()
            for other in others if other.bits >= bits and other.obstacle == "OBSTACLE_TOO_LITTLE"]


def whole(suggestions: Mapping[str, Sequence[Suggestion]], further: Mapping[str, Sequence[Suggestion]],
          bits: float) -> list[Proposed]:
    """Each citizen's best of both, if all that a household shares counts: as if nobody shared one."""
    return firsts({citizen: [dataclasses.replace(other, bits=other.whole)
                             for other in (*suggestions.get(citizen, ()), *further.get(citizen, ()))]
                   for citizen in suggestions.keys() | further.keys()}, bits)


def joined(parties: Sequence[Party], clusters: Sequence[Cluster], ids: Sequence[str],
           proposed: Iterable[Proposed]) -> list[Cluster]:
    """The citizens with those that are proposed joined, the best first; never two verified numbers in one.

    Of equals the one with the lower event goes first, since ids of citizens depend on the store's keys.
    """
    named: dict[Cluster, str] = {}
    numbers: dict[Cluster, set[str]] = collections.defaultdict(set)
    for party, cluster, event in zip(parties, clusters, ids):
        if cluster == party.citizen:
            named[party.citizen] = min(event, named.get(party.citizen, event))
            if party.verified:
                numbers[party.citizen].add(party.number)
    head = {citizen: citizen for citizen in named}

    def find(citizen: Cluster) -> Cluster:
        while head[citizen] != citizen:
            head[citizen] = citizen = head[head[citizen]]
        return citizen

    edges = sorted((-bits, *sorted((named[one], named[other])), one, other)
                   for bits, one, other in proposed if one in named and other in named)
    for *_, one, other in edges:
        low, high = sorted((find(one), find(other)), key=lambda citizen: named[citizen])
        if low != high and len(numbers[low] | numbers[high]) <= 1:
            head[high] = low
            numbers[low] |= numbers[high]
    return [find(party.citizen) if cluster == party.citizen else cluster
            for party, cluster in zip(parties, clusters)]


def wrong_links(truth: Sequence[str], parties: Sequence[Party],
                clusters: Sequence[Cluster]) -> tuple[int, int]:
    """Events that were joined to a citizen by less than its number: wrong ones, and all.

    A citizen is whom its verified events are of, else whom most of its events are of; without any
    verified number the first of those is not counted as joined to itself.
    """
    persons: dict[Cluster, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    verified: dict[Cluster, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for person, party, cluster in zip(truth, parties, clusters):
        persons[cluster][person] += 1
        if party.verified:
            verified[cluster][person] += 1
    wrong = linked = 0
    for cluster, counts in persons.items():
        sure = verified[cluster]
        total = sum(counts.values())
        owner, _ = (sure or counts).most_common(1)[0]
        linked += total - (sum(sure.values()) or 1)
        wrong += total - counts[owner] - (sum(sure.values()) - sure[owner])
    return wrong, linked


def shares(truth: Sequence[str], parties: Sequence[Party], asked: Sequence[bool],
           suggestions: Mapping[str, Sequence[Suggestion]]) -> Shares:
    """`asked`: events that are looked at; of those only the ones without a number are."""
    homes: dict[str, set[str]] = collections.defaultdict(set)
    for person, party in zip(truth, parties):
        if party.verified and party.citizen:
            homes[person].add(party.citizen)
    events = automatic = suggested = listed = total = 0
    for person, party, wanted in zip(truth, parties, asked):
        if not wanted or party.number or not homes.get(person):
            continue
        events += 1
        if party.citizen in homes[person]:
            automatic += 1
            continue
        others = suggestions.get(party.citizen, ())
        suggested += any(other.citizen in homes[person] for other in others)
        listed += bool(others)
        total += len(others)
    return Shares(events, automatic, suggested, listed, total)


def upper_bound(count: int, trials: int) -> float | None:
    """Of a rate, the upper end of Wilson's interval at 95 % (Wilson 1927, JASA 22, 209-212)."""
    if trials == 0:
        return None
    z = statistics.NormalDist().inv_cdf(0.975)
    rate = count / trials
    middle = rate + z * z / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return (middle + half) / (1 + z * z / trials)


def quantile(buckets: Sequence[tuple[float, float]], wanted: float) -> float | None:
    """Of a histogram's cumulative buckets (upper bound, count), as Prometheus interpolates."""
    total = buckets[-1][1] if buckets else 0
    if total == 0:
        return None
    low, before = 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted * total:
            if math.isinf(bound):
                return low
            return low + (bound - low) * (wanted * total - before) / (count - before)
        low, before = bound, count
    return low
