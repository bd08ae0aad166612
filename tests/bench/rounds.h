// Contenders taking turns, and what came of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/cost.h"

namespace klantbeeld::bench {

// One way of doing a work; `run` does it once and gives how many a second.
struct Contender {
  std::string name;
  std::function<double(int round)> run;
  std::vector<double> figures;
};

// A kind of work: ours, the bare machinery that bounds it (of several the best
// counts), and the peer (none: `peer.run` is empty).
struct Work {
  std::string name;
  Contender ours;
  std::vector<Contender> limits;
  Contender peer = {};
  double of_limit_mark = 0.5;  // Least share of the limit.
  std::string note = "";       // What else is to be said of the row.
  std::vector<Cost> costs = {};  // Of kinds of its events.
};

inline constexpr double kOverPeerMark = 1.0;

// One round to warm up, which does not count (round 0), then `rounds`. In each
// all contenders do the work once; who begins moves on every round.
void RunRounds(Work& work, int rounds);

double Median(std::vector<double> figures);

// A table for people, on standard output.
void PrintTable(const std::vector<Work>& works);
// {"rows": [...], "costs": [...]} into the file.
void WriteJson(const std::vector<Work>& works, const std::string& path);

}  // namespace klantbeeld::bench
