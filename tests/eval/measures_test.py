# Also tests: tests/eval/measures.py tests/eval/tables.py
"""The figures on partitions small enough to count by hand."""

import unittest

import measures
import tables
from measures import Party, Suggestion

ANN, BEN = "999990019", "999990020"


class FiguresTest(unittest.TestCase):
    def test_counted_by_hand(self) -> None:
        #                              two pairs right of four found, of four there
        found = measures.figures("aaabbc", [1, 1, 2, 2, 2, 3], [""] * 6)
        self.assertEqual((found.precision, found.recall, found.f1), (0.5, 0.5, 0.5))
        self.assertAlmostEqual(found.b3_f, (4 / 2 + 1 / 3 + 4 / 3 + 1) / 6)
        self.assertEqual((found.mixed, found.wrong_events, found.largest), (1, 1, 3))

    def test_perfect_and_all_apart_and_all_together(self) -> None:
        self.assertEqual(measures.figures("aab", "xxy", [""] * 3),
                         measures.Figures(1, 1, 1, 1, 0, 0, 2, 0))
        apart = measures.figures("aab", [1, 2, 3], [""] * 3)
        self.assertEqual((apart.precision, apart.recall, apart.f1), (1, 0, 0))
        together = measures.figures("aab", "xxx", [""] * 3)
        self.assertEqual((together.precision, together.recall), (1 / 3, 1))

    def test_nothing_to_find_and_nothing_found_is_right(self) -> None:
        found = measures.figures("abc", [1, 2, 3], [""] * 3)
        self.assertEqual((found.precision, found.recall, found.f1), (1, 1, 1))

    def test_two_numbers_in_one_citizen(self) -> None:
        self.assertEqual(measures.figures("aabb", "xxxy", [ANN, "", BEN, BEN]).two_bsn, 1)
        self.assertEqual(measures.figures("aabb", "xxyy", [ANN, ANN, BEN, ""]).two_bsn, 0)

    def test_pairs_that_differ(self) -> None:
        self.assertEqual(measures.differing_pairs("xxyy", [1, 1, 2, 2]), 0)
        self.assertEqual(measures.differing_pairs("xxyy", [1, 1, 1, 2]), 1 + 2)


class ClustersTest(unittest.TestCase):
    def test_contacts_from_a_number_are_each_by_themselves(self) -> None:
        phone = Party("p")
        self.assertEqual(measures.clusters_of([phone, phone, Party(), Party("a", states=True), Party("a")]),
                         [0, 1, 2, "a", "a"])

    def test_best_suggestion_joins_and_never_two_numbers(self) -> None:
        parties = [Party("a", True, True, ANN), Party("b", True), Party("c", True, True, BEN), Party("d", True)]
        clusters = measures.clusters_of(parties)

        def joined(bits: float, **suggestions: list[Suggestion]) -> list[measures.Cluster]:
            return measures.joined(parties, clusters, ["1", "2", "3", "4"], measures.firsts(suggestions, bits))

        self.assertEqual(joined(3, b=[Suggestion("a", 3), Suggestion("c", 2)]), ["a", "a", "c", "d"])
        self.assertEqual(joined(3.1, b=[Suggestion("a", 3)]), ["a", "b", "c", "d"])
        # c-b is better; then a may not come to it, nor by way of d.
        self.assertEqual(joined(3, a=[Suggestion("b", 4)], c=[Suggestion("b", 5)]), ["a", "b", "b", "d"])
        chain = joined(3, b=[Suggestion("d", 9)], a=[Suggestion("b", 4)], c=[Suggestion("d", 5)])
        self.assertEqual([chain[1] == chain[0], chain[1] == chain[2], chain[1] == chain[3]], [False, True, True])
        self.assertEqual(joined(3, b=[Suggestion("d", 9, "OBSTACLE_ONE_CONTACT")]), ["a", "b", "c", "d"])

    def test_unhindered_are_those_that_only_say_too_little(self) -> None:
        suggestions = {"a": [Suggestion("b", 5, "OBSTACLE_ANOTHER_FITS"), Suggestion("c", 3, "OBSTACLE_TOO_LITTLE"),
                             Suggestion("d", 1, "OBSTACLE_TOO_LITTLE")]}
        self.assertEqual(measures.unhindered(suggestions, 2), [(3, "a", "c")])
        self.assertEqual(measures.firsts(suggestions, 2), [(5, "a", "b")])

    def test_whole_counts_all_that_a_household_shares(self) -> None:
        suggestions = {"a": [Suggestion("b", -1, "OBSTACLE_DISAGREES", 3), Suggestion("c", 3, whole=1)],
                       "b": [Suggestion("a", 1, whole=1)]}
        further = {"a": [Suggestion("d", -9, "OBSTACLE_DISAGREES", 4), Suggestion("e", 0, "OBSTACLE_ONE_CONTACT", 8)],
                   "d": [Suggestion("a", -9, "OBSTACLE_DISAGREES", 4)]}
        self.assertEqual(sorted(measures.whole(suggestions, further, 2)), [(4, "a", "d"), (4, "d", "a")])

    def test_of_equals_the_lower_event_goes_first_whatever_citizens_are_called(self) -> None:
        for names in ("abc", "cba"):
            one, two, three = names
            parties = [Party(one, True, True, ANN), Party(two, True), Party(three, True, True, BEN)]
            clusters = measures.joined(parties, list(names), ["1", "2", "3"],
                                       [(5, one, two), (5, three, two)])
            self.assertEqual([clusters[0] == clusters[1], clusters[1] == clusters[2]], [True, False], names)


class LinksTest(unittest.TestCase):
    PARTIES = [Party("a", True, True, ANN), Party("a", True), Party("a", True), Party("d", True), Party("d", True)]

    def test_wrong_are_those_of_others_than_the_verified(self) -> None:
        clusters = measures.clusters_of(self.PARTIES)
        # Two joined a's number, one of them wrongly; one of the d's joined the other.
        self.assertEqual(measures.wrong_links("aabbb", self.PARTIES, clusters), (1, 3))
        # Most events of the citizen are b's, and it is a's all the same.
        self.assertEqual(measures.wrong_links("abbcc", self.PARTIES, clusters), (2, 3))

    def test_shares(self) -> None:
        suggestions = {"d": [Suggestion("x", 2), Suggestion("a", 1)]}
        found = measures.shares("aaaab", self.PARTIES, [True] * 5, suggestions)
        self.assertEqual(found, measures.Shares(events=3, automatic=2, suggested=1, listed=1, suggestions=2))
        # What is not asked for, and persons without a verified number, do not count.
        self.assertEqual(measures.shares("aaabb", self.PARTIES, [True, False] + [True] * 3, suggestions).events, 1)
        self.assertEqual(measures.shares("aaaab", self.PARTIES, [True] * 5, {"d": [Suggestion("x", 2)]}),
                         measures.Shares(3, 2, 0, 1, 1))


class RatesTest(unittest.TestCase):
    def test_wilson(self) -> None:
        # z^2 / (n + z^2) for none of n.
        self.assertAlmostEqual(measures.upper_bound(0, 10) or 0, 0.27754, places=4)
        self.assertAlmostEqual(measures.upper_bound(10, 10) or 0, 1)
        self.assertAlmostEqual(measures.upper_bound(1, 2500) or 0, 0.002263, places=5)
        self.assertIsNone(measures.upper_bound(0, 0))

    def test_quantiles_of_a_histogram(self) -> None:
        infinite = float("inf")
        buckets = [(1.0, 0.0), (2.0, 50.0), (4.0, 100.0), (infinite, 100.0)]
        self.assertAlmostEqual(measures.quantile(buckets, 0.5) or 0, 2)
        self.assertAlmostEqual(measures.quantile(buckets, 0.75) or 0, 3)
        self.assertAlmostEqual(measures.quantile([(1.0, 1.0), (infinite, 2.0)], 0.9) or 0, 1)
        self.assertIsNone(measures.quantile([(infinite, 0.0)], 0.5))
        self.assertIsNone(measures.quantile([], 0.5))

    def test_columns_stand_under_each_other(self) -> None:
        self.assertEqual(tables.table(("a", "count", "of"), [("long name", "1", "them")]),
                         "a          count  of\nlong name      1  them")


if __name__ == "__main__":
    unittest.main()
