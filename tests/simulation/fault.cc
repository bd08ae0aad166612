#include "tests/simulation/disk.h"

namespace klantbeeld::simulation {

const char* NameOf(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      break;
    case Fault::kPowerCut:
      return "power cut at a call";
    case Fault::kKill:
      return "killed at a call";
    case Fault::kFailedSync:
      return "failed sync";
    case Fault::kFailedWrite:
      return "failed write";
    case Fault::kFailedName:
      return "failed make, rename or remove";
    case Fault::kFull:
      return "disk full without warning";
  }
  return "none";
}

}  // namespace klantbeeld::simulation
