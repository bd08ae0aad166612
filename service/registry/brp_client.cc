#include "service/registry/brp_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/registry/brp_messages.h"

namespace klantbeeld::registry {
namespace {

// Twenty persons are some tens of kilobytes.
constexpr size_t kBodyBytesMax = 1 << 20;

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t KeepBody(char* data, size_t one, size_t count, void* kept) {
  auto& body = *static_cast<std::string*>(kept);
  if (body.size() + one * count > kBodyBytesMax) return 0;  // Ends the call.
  body.append(data, one * count);
  return one * count;
}

absl::Status Explain(CURLcode code) {
  const absl::string_view why = curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Failed(Failure::kTimeOut, "the registry did not answer in time");
    case CURLE_WRITE_ERROR:
      return Failed(Failure::kNotUnderstood, absl::StrCat("the registry's answer is larger than ",
                                                          kBodyBytesMax >> 10, " KiB"));
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return Failed(Failure::kDenied, absl::StrCat("the connection to the registry: ", why));
    default:
      return Failed(Failure::kOutage, absl::StrCat("the registry is out of reach: ", why));
  }
}

class BrpClient final : public Registry {
 public:
  BrpClient(Settings settings, std::function<absl::Time()> clock)
      : settings_(std::move(settings)), clock_(std::move(clock)) {}

  absl::Status Open(const std::string& api_key) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
    if (global != CURLE_OK || easy_ == nullptr || multi_ == nullptr) {
      return absl::InternalError("libcurl cannot be used");
    }
    AddHeader("Content-Type: application/json; charset=utf-8");
    AddHeader("Accept: application/json, application/problem+json");
    AddHeader("Expect:");  // A question is small: no asking whether to ask.
    if (!api_key.empty()) AddHeader(absl::StrCat("X-API-KEY: ", api_key));
    CURL* easy = easy_.get();
    const std::string base(absl::StripSuffix(settings_.url, "/"));
    curl_easy_setopt(easy, CURLOPT_URL, absl::StrCat(base, "/personen").c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &KeepBody);
    // Redirects are not followed: BSNs go to the address that was configured.
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SetFile(CURLOPT_SSLCERT, settings_.certificate);
    SetFile(CURLOPT_SSLKEY, settings_.certificate_key);
    SetFile(CURLOPT_CAINFO, settings_.authorities);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<store::RegistryAnswer>> Ask(const std::vector<std::string>& bsns,
                                                         absl::Time deadline) override {
    if (auto status = CheckBsns(bsns); !status.ok()) return status;
    const auto body = Post(AskBody(bsns), deadline);
    if (!body.ok()) return body.status();
    return ReadAnswers(*body, bsns);
  }

  absl::StatusOr<std::vector<std::string>> Search(const Query& query,
                                                  absl::Time deadline) override {
    if (auto status = CheckQuery(query); !status.ok()) return status;
    const auto body = Post(SearchBody(query), deadline);
    if (!body.ok()) return body.status();
    return ReadHits(*body);
  }

  void Stop() override {
    stopped_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  void AddHeader(const std::string& line) {
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  }

  void SetFile(CURLoption option, const std::string& path) {
    if (!path.empty()) curl_easy_setopt(easy_.get(), option, path.c_str());
  }

  // The body of a 200.
  absl::StatusOr<std::string> Post(const std::string& question, absl::Time deadline) {
    const absl::Duration left = std::min(deadline - clock_(), settings_.timeout);
    if (left < absl::Milliseconds(1)) return Failed(Failure::kTimeOut, "no time is left to ask");
    std::string body;
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(question.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(left)));
    if (auto status = Perform(); !status.ok()) return status;
    long http_status = 0;
    curl_off_t retry_after_seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_seconds);
    if (http_status == 200) return body;
    return ReadError(http_status, body, absl::Seconds(retry_after_seconds));
  }

  // As curl_easy_perform, but Stop() ends it.
  absl::Status Perform() {
    curl_multi_add_handle(multi_.get(), easy_.get());
    absl::Status status = Failed(Failure::kStopped, "the server stops");
    int running = 1;
    while (!stopped_ && running > 0) {
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK ||
          (running > 0 && curl_multi_poll(multi_.get(), nullptr, 0, 1000, nullptr) != CURLM_OK)) {
        status = Failed(Failure::kOutage, "libcurl cannot go on");
        break;
      }
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        status = code == CURLE_OK ? absl::OkStatus() : Explain(code);
      }
    }
    curl_multi_remove_handle(multi_.get(), easy_.get());
    return status;
  }

  const Settings settings_;
  const std::function<absl::Time()> clock_;
  std::atomic<bool> stopped_{false};
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, CloseEasy> easy_;  // Before the headers that it uses.
};

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> MakeBrpClient(Settings settings, std::string api_key,
                                                        std::function<absl::Time()> clock) {
  auto client = std::make_unique<BrpClient>(std::move(settings), std::move(clock));
  if (auto status = client->Open(api_key); !status.ok()) return status;
  return client;
}

}  // namespace klantbeeld::registry
