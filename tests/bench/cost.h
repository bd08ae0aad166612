// What applying events costs the server's processor, by its own measure.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace klantbeeld::bench {

// A kind of event, and what one costs. The mark is of the median or of p99.
struct Cost {
  std::string name;
  double mark_us = 0;  // At most; 0: none.
  bool mark_of_p99 = false;
  int events = 0;
  double p50_us = 0, p99_us = 0;

  bool met() const { return (mark_of_p99 ? p99_us : p50_us) <= mark_us; }
};

// Reads the histogram that a server keeps of all contact events since it began.
class CostMeter {
 public:
  // A port of this machine where nobody listens.
  CostMeter();
  // For the server to start with.
  std::string setting() const;
  // What the events cost that are applied while `record` runs; no others may be.
  void Measure(Cost& cost, const std::function<void()>& record) const;

 private:
  // Events up to each bound in seconds, bounds ascending.
  struct Bucket {
    double bound = 0, events = 0;
  };
  std::vector<Bucket> Read() const;
  static double Quantile(const std::vector<Bucket>& buckets, double wanted);

  int port_ = 0;
};

}  // namespace klantbeeld::bench
