// Asterisk's queue_log.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads "epoch|callid|queue|agent|event|data1|…". Each line that tells of a
// call is an event of that call's contact.
Opened OpenAsteriskQueue(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
