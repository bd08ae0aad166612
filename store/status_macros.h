// Passing errors up without exceptions.
#ifndef KLANTBEELD_STORE_STATUS_MACROS_H_
#define KLANTBEELD_STORE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function with the expression's status unless it is OK.
#define KB_RETURN_IF_ERROR(expression)                     \
  do {                                                     \
    if (absl::Status kb_status = (expression); !kb_status.ok()) return kb_status; \
  } while (false)

#define KB_CONCAT_INNER(a, b) a##b
#define KB_CONCAT(a, b) KB_CONCAT_INNER(a, b)

// Declares or assigns `target` from a StatusOr, or returns its status.
#define KB_ASSIGN_OR_RETURN(target, expression) \
  KB_ASSIGN_INNER(KB_CONCAT(kb_result_, __LINE__), target, expression)
#define KB_ASSIGN_INNER(result, target, expression) \
  auto result = (expression);                       \
  if (!result.ok()) return std::move(result).status(); \
  target = std::move(result).value()

#endif  // KLANTBEELD_STORE_STATUS_MACROS_H_
