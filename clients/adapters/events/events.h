// Our own contact events as JSON lines.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "clients/adapters/formats.h"
#include "clients/adapters/text_adapter.h"

namespace klantbeeld::adapters {

// Reads one contact event in proto JSON per line, as `klantbeeld export events`
// writes them and `klantbeeld record` reads them.
Opened OpenEvents(const std::string& path, const Options& options);

// What a format that carries our events makes of one of its records: the event
// in proto JSON, nothing because it tells of no contact, or a refusal.
struct Unpacked {
  std::string json = {};
  bool passed = false;
  Refusal refusal = {};
};
using Unpack = std::function<Unpacked(std::string record)>;

// An adapter of such a format.
std::unique_ptr<Adapter> MakeEventsAdapter(std::unique_ptr<Source> source, Unpack unpack);

}  // namespace klantbeeld::adapters
