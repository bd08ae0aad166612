// What is remembered of the latest calls or visits of a stream.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

namespace klantbeeld::adapters {

// A value for each of the last kMax keys, the oldest forgotten first.
template <typename Value>
class Recent {
 public:
  static constexpr size_t kMax = 20'000;

  // Of a new key, an empty value.
  Value& Of(const std::string& key) {
    const auto [at, is_new] = values_.try_emplace(key);
    if (is_new) {
      keys_.push_back(key);
      if (keys_.size() > kMax) {
        values_.erase(keys_.front());
        keys_.pop_front();
      }
    }
    return at->second;
  }

 private:
  std::unordered_map<std::string, Value> values_;
  std::deque<std::string> keys_;
};

}  // namespace klantbeeld::adapters
