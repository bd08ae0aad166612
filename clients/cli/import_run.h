// One source brought in: read by an adapter, recorded, counted.
#pragma once

#include <string>

#include "clients/adapters/adapter.h"
#include "clients/cli/context.h"
#include "clients/cli/import_progress.h"

namespace klantbeeld::cli {

// Where an import puts what it leaves behind.
struct ImportPlan {
  std::string rejected_path;  // Only left when there are refused records.
  ImportNote note;            // Removed when everything was read.
  bool resume = false;        // From the note of an earlier run.
};

// How an import ended.
struct ImportEnd {
  int code = kOk;
  // No more of the source can be read, however often it is tried.
  bool source_broken = false;
};

// Records everything that the adapter gives and shows progress and, at the
// end, a summary: on stdout as JSON where asked for, else on stderr. Records
// that are refused, here or by the server, go to a file, in the order of the
// source; an earlier file of theirs is kept under another name. Recording the
// same source again adds nothing, so one that was interrupted may simply be
// imported again.
ImportEnd ImportAll(Context& context, adapters::Adapter& adapter, const ImportPlan& plan);

// Prints the first `count` events as they would be recorded; BSNs masked.
int ShowFirst(Context& context, adapters::Adapter& adapter, int count);

}  // namespace klantbeeld::cli
