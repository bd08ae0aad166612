// Standard output and error: results, and everything else.
#pragma once

#include <string>

namespace klantbeeld::cli {

// Puts something in the place of each standard file that whoever started this
// left closed, since else the next socket would become it and get what is
// printed. To be called before anything else is opened, even by a library; so it
// uses none. Reading from such an input and writing to such an output fail; what
// goes to such an error is gone.
void OpenStandardFiles();

// Writes results; stderr is for everything else. Text comes cleaned. After a
// failure no more results are written, so that none is missing in the middle.
void Print(const std::string& text);
void Complain(const std::string& text);

// Hands what was printed to whoever reads it: 0, or the errno with which it
// failed first.
int FlushPrinted();
// Drops what could not be written, and that it failed.
void DropPrinted();

}  // namespace klantbeeld::cli
