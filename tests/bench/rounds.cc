#include "tests/bench/rounds.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

struct Row {
  double ours = 0, limit = 0, peer = 0, of_limit = 0, over_peer = 0;
  bool has_peer = false, met = false;
};

Row RowOf(const Work& work) {
  Row row;
  row.ours = Median(work.ours.figures);
  for (const Contender& limit : work.limits) row.limit = std::max(row.limit, Median(limit.figures));
  row.of_limit = row.ours / row.limit;
  row.met = row.of_limit >= work.of_limit_mark;
  row.has_peer = !work.peer.figures.empty();
  if (row.has_peer) {
    row.peer = Median(work.peer.figures);
    row.over_peer = row.ours / row.peer;
    row.met = row.met && row.over_peer >= kOverPeerMark;
  }
  return row;
}

double Rounded(double ratio) { return std::round(ratio * 1000) / 1000; }

void PrintContender(const char* what, const Contender& contender) {
  const auto [least, most] =
      std::minmax_element(contender.figures.begin(), contender.figures.end());
  std::printf("  %-6s %-34s %9.0f   (%.0f to %.0f)\n", what, contender.name.c_str(),
              Median(contender.figures), *least, *most);
}

}  // namespace

double Median(std::vector<double> figures) {
  if (figures.empty()) Die("nothing was measured");
  std::sort(figures.begin(), figures.end());
  const size_t middle = figures.size() / 2;
  return figures.size() % 2 != 0 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
}

void RunRounds(Work& work, int rounds) {
  std::vector<Contender*> all = {&work.ours};
  for (Contender& limit : work.limits) all.push_back(&limit);
  if (work.peer.run) all.push_back(&work.peer);
  for (int round = 0; round <= rounds; ++round) {
    std::fprintf(stderr, "%s, %s\n", work.name.c_str(),
                 round == 0 ? "warming up" : ("round " + std::to_string(round)).c_str());
    for (size_t i = 0; i < all.size(); ++i) {
      Contender& contender = *all[(i + static_cast<size_t>(round)) % all.size()];
      const double figure = contender.run(round);
      if (round > 0) contender.figures.push_back(figure);
    }
  }
}

void PrintTable(const std::vector<Work>& works) {
  for (const Work& work : works) {
    const Row row = RowOf(work);
    std::printf("%s, a second: median (least to most)\n", work.name.c_str());
    PrintContender("ours", work.ours);
    for (const Contender& limit : work.limits) PrintContender("limit", limit);
    if (row.has_peer) PrintContender("peer", work.peer);
    std::printf("  of the limit %.2f (mark %.1f)", row.of_limit, work.of_limit_mark);
    if (row.has_peer) std::printf(", over the peer %.2f (mark %.1f)", row.over_peer, kOverPeerMark);
    std::printf(": %s\n", row.met ? "met" : "MISSED");
    if (!work.note.empty()) std::printf("  %s\n", work.note.c_str());
    for (const Cost& cost : work.costs) {
      std::printf("  an event %s: %.0f us of the processor at the median, %.0f at p99 (of %d)",
                  cost.name.c_str(), cost.p50_us, cost.p99_us, cost.events);
      if (cost.mark_us > 0) {
        std::printf(", mark %.0f %s: %s", cost.mark_us, cost.mark_of_p99 ? "at p99" : "at the median",
                    cost.met() ? "met" : "MISSED");
      }
      std::printf("\n");
    }
    std::printf("\n");
  }
}

void WriteJson(const std::vector<Work>& works, const std::string& path) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array(), costs = rows;
  for (const Work& work : works) {
    const Row row = RowOf(work);
    nlohmann::ordered_json one = {{"work", work.name},
                                  {"ours", std::round(row.ours)},
                                  {"limit", std::round(row.limit)},
                                  {"peer", nullptr},
                                  {"of_limit", Rounded(row.of_limit)},
                                  {"over_peer", nullptr},
                                  {"mark", absl::StrCat("of_limit >= ", work.of_limit_mark)},
                                  {"met", row.met},
                                  {"note", work.note}};
    if (row.has_peer) {
      one["mark"] = absl::StrCat("of_limit >= ", work.of_limit_mark, " and over_peer >= ",
                                 kOverPeerMark);
      one["peer"] = std::round(row.peer);
      one["over_peer"] = Rounded(row.over_peer);
    }
    rows.push_back(std::move(one));
    for (const Cost& cost : work.costs) {
      nlohmann::ordered_json cell = {{"event", cost.name},
                                     {"events", cost.events},
                                     {"us_p50", Rounded(cost.p50_us)},
                                     {"us_p99", Rounded(cost.p99_us)},
                                     {"mark", nullptr},
                                     {"met", nullptr}};
      if (cost.mark_us > 0) {
        cell["mark"] = absl::StrCat(cost.mark_of_p99 ? "us_p99" : "us_p50", " <= ", cost.mark_us);
        cell["met"] = cost.met();
      }
      costs.push_back(std::move(cell));
    }
  }
  std::ofstream out(path);
  out << nlohmann::ordered_json{{"rows", rows}, {"costs", costs}}.dump(2) << "\n";
  out.close();
  if (!out) Die("cannot write " + path);
}

}  // namespace klantbeeld::bench
