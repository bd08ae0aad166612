// Version of the software, from the build.
#ifndef KLANTBEELD_SERVICE_VERSION_H_
#define KLANTBEELD_SERVICE_VERSION_H_

namespace klantbeeld::service {

#ifndef KLANTBEELD_VERSION
#define KLANTBEELD_VERSION "unknown"
#endif
inline constexpr char kVersion[] = KLANTBEELD_VERSION;

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_VERSION_H_
