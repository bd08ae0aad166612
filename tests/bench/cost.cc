#include "tests/bench/cost.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {

CostMeter::CostMeter() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) Die("no free port");
  close(fd);
  port_ = ntohs(address.sin_port);
}

std::string CostMeter::setting() const { return absl::StrCat("metrics=127.0.0.1:", port_); }

void CostMeter::Measure(Cost& cost, const std::function<void()>& record) const {
  const std::vector<Bucket> before = Read();
  record();
  std::vector<Bucket> buckets = Read();
  if (buckets.size() != before.size()) Die("the server's histogram has other bounds than before");
  for (size_t i = 0; i < buckets.size(); ++i) buckets[i].events -= before[i].events;
  cost.events = static_cast<int>(buckets.back().events);
  cost.p50_us = Quantile(buckets, 0.5) * 1e6;
  cost.p99_us = Quantile(buckets, 0.99) * 1e6;
}

std::vector<CostMeter::Bucket> CostMeter::Read() const {
  CURL* const easy = curl_easy_init();
  const std::string url = absl::StrCat("http://127.0.0.1:", port_, "/metrics");
  std::string text;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                   +[](char* bytes, size_t, size_t size, std::string* into) {
                     into->append(bytes, size);
                     return size;
                   });
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_cleanup(easy);
  if (code != CURLE_OK) Die(absl::StrCat(url, ": ", curl_easy_strerror(code)));

  constexpr char kBegin[] = "klantbeeld_identity_seconds_bucket{le=\"";
  std::vector<Bucket> buckets;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, kBegin)) continue;
    const std::vector<absl::string_view> parts =
        absl::StrSplit(line.substr(sizeof(kBegin) - 1), "\"} ");
    Bucket bucket;
    if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &bucket.bound) ||
        !absl::SimpleAtod(parts[1], &bucket.events)) {
      Die(absl::StrCat("no bucket of a histogram: ", line));
    }
    buckets.push_back(bucket);
  }
  if (buckets.empty()) Die("the server measures no events");
  return buckets;
}

// Between the bounds of a bucket events are taken to lie evenly, as Prometheus
// does.
double CostMeter::Quantile(const std::vector<Bucket>& buckets, double wanted) {
  const double rank = wanted * buckets.back().events;
  Bucket below;
  for (const Bucket& bucket : buckets) {
    if (bucket.events >= rank && bucket.events > below.events) {
      if (std::isinf(bucket.bound)) return below.bound;
      return below.bound + (bucket.bound - below.bound) * (rank - below.events) /
                               (bucket.events - below.events);
    }
    below = bucket;
  }
  return below.bound;
}

}  // namespace klantbeeld::bench
