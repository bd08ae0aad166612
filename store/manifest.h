// What RocksDB's list of its tables held at least, noted beside them.
//
// RocksDB takes a list that misses its end for what a crash leaves: it opens
// without the newest tables, and removes them. Nothing else tells that from a
// store that never had them, for the log that came after may still stand.
#ifndef KLANTBEELD_STORE_MANIFEST_H_
#define KLANTBEELD_STORE_MANIFEST_H_

#include <string>

#include "absl/status/status.h"

namespace klantbeeld::store {

// Notes how long the current MANIFEST of a database is, and the hash of it,
// after it was taken to the disk. What RocksDB adds later is not noted until
// the next call. Nothing stands half: the note before stays until the new one
// is whole. From one thread at a time.
absl::Status NoteManifest(const std::string& dir);

// DATA_LOSS when the current MANIFEST is an older one than was noted, or does
// not begin with what was noted of it. To be asked before the database is
// opened. A database of which nothing is noted, as a backup is, passes; so does
// one without a readable CURRENT, which RocksDB refuses itself.
absl::Status CheckManifest(const std::string& dir);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_MANIFEST_H_
