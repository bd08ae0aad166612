#include "clients/cli/import_reason.h"

namespace klantbeeld::cli {

using adapters::Reason;

const char* ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "none";
    case Reason::kMissing:
      return "missing";
    case Reason::kWordUnknown:
      return "word-unknown";
    case Reason::kNotATime:
      return "not-a-time";
    case Reason::kNotADate:
      return "not-a-date";
    case Reason::kNotANumber:
      return "not-a-number";
    case Reason::kNotALength:
      return "not-a-duration";
    case Reason::kNotYesOrNo:
      return "not-yes-or-no";
    case Reason::kOutOfRange:
      return "out-of-range";
    case Reason::kNotUtf8:
      return "not-utf8";
    case Reason::kNumberInvalid:
      return "number-invalid";
    case Reason::kColumns:
      return "columns";
    case Reason::kTooLong:
      return "too-long";
    case Reason::kNotJson:
      return "not-json";
    case Reason::kNotAnEvent:
      return "not-an-event";
    case Reason::kNotText:
      return "not-text";
    case Reason::kZone:
      return "zone";
    case Reason::kNotAllowed:
      return "not-allowed";
  }
  return "";
}

std::string ReasonText(const Context& context, Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kMissing:
      return context.Say(Label::cell_missing);
    case Reason::kWordUnknown:
      return context.Say(Label::cell_word);
    case Reason::kNotATime:
      return context.Say(Label::cell_time);
    case Reason::kNotADate:
      return context.Say(Label::cell_date);
    case Reason::kNotANumber:
      return context.Say(Label::cell_number);
    case Reason::kNotALength:
      return context.Say(Label::cell_length);
    case Reason::kNotYesOrNo:
      return context.Say(Label::cell_yes_no);
    case Reason::kOutOfRange:
      return context.Say(Label::cell_range);
    case Reason::kNotUtf8:
      return context.Say(Label::cell_utf8);
    case Reason::kNumberInvalid:
      return context.Say(Label::cell_invalid);
    case Reason::kColumns:
      return context.Say(Label::cell_columns);
    case Reason::kTooLong:
      return context.Say(Label::cell_too_long);
    case Reason::kNotJson:
      return context.Say(Label::cell_not_json);
    case Reason::kNotAnEvent:
      return context.Say(Label::cell_not_an_event);
    case Reason::kNotText:
      return context.Say(Label::cell_not_text);
    case Reason::kZone:
      return context.Say(Label::cell_zone);
    case Reason::kNotAllowed:
      return context.Say(Label::cell_not_allowed);
  }
  return "";
}

}  // namespace klantbeeld::cli
