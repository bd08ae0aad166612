// What the operator says of the registry.
#ifndef KLANTBEELD_SERVICE_REGISTRY_SETTINGS_H_
#define KLANTBEELD_SERVICE_REGISTRY_SETTINGS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace klantbeeld::registry {

// The keys `registry.*` of the configuration. With neither file nor url there
// is no registry.
struct Settings {
  std::string file;             // CSV file (file_registry.h).
  std::string url;              // Of the BRP: https, or http on this machine.
  std::string key_file;         // Holds the API key; its owner's alone.
  std::string certificate;      // Client certificate and its key, PEM files.
  std::string certificate_key;
  std::string authorities;      // Certificates that vouch for the BRP, PEM file.
  absl::Duration timeout = absl::Seconds(2);          // Of one call.
  absl::Duration budget = absl::Milliseconds(300);    // That an event may wait.

  bool on() const { return !file.empty() || !url.empty(); }
  // INVALID_ARGUMENT names the key, and what it conflicts with.
  absl::Status Validate() const;
};

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_SETTINGS_H_
