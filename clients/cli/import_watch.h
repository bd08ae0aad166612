// A directory that files are put in to be imported.
#pragma once

#include <functional>
#include <string>

#include "clients/cli/context.h"
#include "clients/cli/import_run.h"

namespace klantbeeld::cli {

// Takes each file of `directory` that is complete, oldest first, gives its path
// to `import`, and moves it: to done/ when its records were taken, to failed/
// when it cannot be read, or not to its end; what it left behind goes along. A
// file that could not be finished for another reason, as when the server is
// away, stays and is tried again: `again`, where it did not change since, so
// that its import may go on where it was. Goes on until it is stopped; gives
// the exit code.
//
// Complete is a file that nobody has open for writing. Names that begin with a
// dot or end in .part or .tmp are not looked at, so that a program can write
// there and rename.
int WatchDirectory(Context& context, const std::string& directory,
                   const std::function<ImportEnd(const std::string& path, bool again)>& import);

}  // namespace klantbeeld::cli
