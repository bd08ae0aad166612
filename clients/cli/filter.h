// The filter of a timeline, from options.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/context.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {

// Options that `timeline` and `watch` share, as they were typed.
struct FilterFlags {
  std::string citizen, since, until, product, text, minimum;
  std::vector<std::string> channels, states;
  int page_size = 0;
};

void AddFilterOptions(CLI::App& command, const Context& context, FilterFlags& flags);

// Reads them; not kOk: it was said what is wrong.
int ReadFilter(const Context& context, const FilterFlags& flags, v1::TimelineFilter& filter);

// The option that `timeline`, `watch` and `show` have in common, and how it is
// read; not kOk: it was said what is wrong.
void AddMinimumOption(CLI::App& command, const Context& context, std::string& minimum);
int ReadMinimum(const Context& context, const std::string& text, v1::Assurance& minimum);

// Help and completion list the names that ReadEnums takes. They are made when
// asked for: descriptors would cost every start milliseconds.
void ListNames(CLI::Option* option, const google::protobuf::EnumDescriptor* (*type)(),
               const std::string& prefix);

// The value by its name in either language, whatever its case: "phone",
// "telefoon", "in-progress", "bezig". 0 is never found.
std::optional<int> ValueNamed(const google::protobuf::EnumDescriptor* type,
                              const std::string& prefix, const std::string& name);

// Adds the numbers of enum names; not kOk: it was said what is wrong.
int ReadEnums(const Context& context, const std::string& option,
              const std::vector<std::string>& names, const google::protobuf::EnumDescriptor* type,
              const std::string& prefix, google::protobuf::RepeatedField<int>& numbers);

}  // namespace klantbeeld::cli
