// A directory that files are put in to be imported.
#pragma once

#include <functional>
#include <string>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// Takes each file of `directory` that is complete, oldest first, gives its path
// to `import`, and moves it: to done/ when its records were taken, refused ones
// beside it; to failed/ when it cannot be read at all. A file that could not be
// finished, as when the server is away, stays and is tried again. Goes on until
// it is stopped; gives the exit code.
//
// Complete is a file that nobody has open for writing. Names that begin with a
// dot or end in .part or .tmp are not looked at, so that a program can write
// there and rename.
int WatchDirectory(Context& context, const std::string& directory,
                   const std::function<int(const std::string& path)>& import);

}  // namespace klantbeeld::cli
