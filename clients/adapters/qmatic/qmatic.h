// Visit events of Qmatic Orchestra.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads events as Orchestra pushes them ({"M":"E","E":{"evnt":…,"prm":{…}}})
// and as its server hands them on ({"eventName":…,"parameters":{…}}). Events of
// one visit are events of one contact; those about desks and users are passed
// over.
Opened OpenQmatic(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
