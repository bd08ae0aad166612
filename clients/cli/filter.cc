#include "clients/cli/filter.h"

#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "clients/cli/arguments.h"
#include "clients/cli/json.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {

void AddFilterOptions(CLI::App& command, const Context& context, FilterFlags& flags) {
  command.add_option("citizen", flags.citizen, context.Say(Label::opt_citizen))->required();
  command.add_option("--since", flags.since, context.Say(Label::opt_since));
  command.add_option("--until", flags.until, context.Say(Label::opt_until));
  ListNames(command.add_option("--channel", flags.channels, context.Say(Label::opt_channel))
                ->delimiter(','),
            v1::Channel_descriptor, "CHANNEL_");
  command.add_option("--product", flags.product, context.Say(Label::opt_product));
  ListNames(
      command.add_option("--state", flags.states, context.Say(Label::opt_state))->delimiter(','),
      v1::ContactState_descriptor, "CONTACT_STATE_");
  command.add_option("--text", flags.text, context.Say(Label::opt_text));
  AddMinimumOption(command, context, flags.minimum);
  Between(context,
          command.add_option("--page-size", flags.page_size, context.Say(Label::opt_page_size)), 1,
          100);
}

void AddMinimumOption(CLI::App& command, const Context& context, std::string& minimum) {
  ListNames(command.add_option("--minimum", minimum, context.Say(Label::opt_minimum)),
            v1::Assurance_descriptor, "ASSURANCE_");
}

int ReadMinimum(const Context& context, const std::string& text, v1::Assurance& minimum) {
  if (text.empty()) return kOk;
  const auto number = ValueNamed(v1::Assurance_descriptor(), "ASSURANCE_", text);
  if (!number)
    return BadValue(context, "--minimum", text,
                    context.Say(Label::want_one_of,
                                EnumNames(v1::Assurance_descriptor(), "ASSURANCE_")));
  minimum = static_cast<v1::Assurance>(*number);
  return kOk;
}

void ListNames(CLI::Option* option, const google::protobuf::EnumDescriptor* (*type)(),
               const std::string& prefix) {
  option->type_name_fn(
      [type, prefix] { return absl::StrReplaceAll(EnumNames(type(), prefix), {{", ", "|"}}); });
}

std::optional<int> ValueNamed(const google::protobuf::EnumDescriptor* type,
                              const std::string& prefix, const std::string& name) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (const auto number = EnumNumber(type, prefix, lower)) return number;
  for (int i = 0; i < type->value_count(); ++i) {
    const int number = type->value(i)->number();
    for (const Lang lang : {Lang::kDutch, Lang::kEnglish}) {
      std::string shown;
      if (type == v1::Channel_descriptor()) {
        // Without the symbol that stands before the word.
        shown = Word(lang, static_cast<v1::Channel>(number));
        shown.erase(0, shown.find(' ') + 1);
      } else if (type == v1::ContactState_descriptor()) {
        shown = Word(lang, static_cast<v1::ContactState>(number));
      } else if (type == v1::Assurance_descriptor()) {
        shown = Word(lang, static_cast<v1::Assurance>(number));
      }
      if (number != 0 && !shown.empty() && absl::AsciiStrToLower(shown) == lower) return number;
    }
  }
  return std::nullopt;
}

int ReadEnums(const Context& context, const std::string& option,
              const std::vector<std::string>& names, const google::protobuf::EnumDescriptor* type,
              const std::string& prefix, google::protobuf::RepeatedField<int>& numbers) {
  for (const auto& name : names) {
    const auto number = ValueNamed(type, prefix, name);
    if (!number)
      return BadValue(context, option, name,
                      context.Say(Label::want_one_of, EnumNames(type, prefix)));
    numbers.Add(*number);
  }
  return kOk;
}

int ReadFilter(const Context& context, const FilterFlags& flags, v1::TimelineFilter& filter) {
  const absl::Time now = absl::Now();
  for (const bool since : {true, false}) {
    const std::string& text = since ? flags.since : flags.until;
    if (text.empty()) continue;
    const auto time = ParseTime(text, now, context.zone);
    if (!time)
      return BadValue(context, since ? "--since" : "--until", text, context.Say(Label::want_time));
    *(since ? filter.mutable_since() : filter.mutable_until()) = ToProto(*time);
  }
  filter.set_product(flags.product);
  filter.set_text(flags.text);
  if (const int code = ReadEnums(context, "--channel", flags.channels, v1::Channel_descriptor(),
                                 "CHANNEL_", *filter.mutable_channels()))
    return code;
  return ReadEnums(context, "--state", flags.states, v1::ContactState_descriptor(),
                   "CONTACT_STATE_", *filter.mutable_states());
}

}  // namespace klantbeeld::cli
