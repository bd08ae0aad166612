#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {
namespace {

constexpr absl::Duration kSwitchWindow = absl::Hours(24);
constexpr absl::Duration kRepeatWindow = absl::Hours(7 * 24);
constexpr int kChannelColumns = 15;
constexpr int kSubjectColumnsMax = 32;
constexpr int kSubjectColumnsMin = 12;
// What a subject keeps on eighty columns, however long an outcome is.
constexpr int kSubjectColumnsFair = 18;
// Time and channel.
constexpr int kColumnsBefore = 9 + kChannelColumns;

std::string About(const v1::TimelineEntry& entry) {
  const v1::ContactData& data = entry.contact().data();
  if (data.product().has_code()) return "code " + data.product().code();
  const std::string& name = data.product().has_name() ? data.product().name() : data.subject();
  return absl::AsciiStrToLower(name);
}

std::string Fit(const Look& look, const std::string& text) {
  return look.columns > 0 ? Cut(text, look.columns) : text;
}

// "Zelf afgehandeld, wachttijd 4 min".
std::string TailOf(const Look& look, const v1::TimelineEntry& entry) {
  const v1::ContactData& data = entry.contact().data();
  std::vector<std::string> tail;
  if (!data.outcome().empty()) tail.push_back(Clean(data.outcome()));
  if (data.has_state() && data.state() != v1::CONTACT_STATE_ENDED)
    tail.push_back(data.state() == v1::CONTACT_STATE_ABANDONED &&
                           data.channel() == v1::CHANNEL_PHONE
                       ? Text(look.lang, Label::tl_abandoned)
                       : Word(look.lang, data.state()));
  const std::string wait = WaitOf(look.lang, entry.contact());
  if (!wait.empty()) tail.push_back(Say(look.lang, Label::tl_wait, wait));
  return absl::StrJoin(tail, ", ");
}

// As wide as the longest subject needs, within what the longest tail leaves.
int SubjectColumns(const Look& look, const Entries& entries) {
  int columns = kSubjectColumnsMin, tail = 0;
  for (const auto& entry : entries) {
    columns = std::max(columns, Width(SubjectOf(entry.contact())));
    tail = std::max(tail, Width(TailOf(look, entry)));
  }
  columns = std::min(columns, kSubjectColumnsMax);
  if (look.columns == 0) return columns;
  const int least = look.columns < 80 ? kSubjectColumnsMin : kSubjectColumnsFair;
  return std::min(columns, std::max(least, look.columns - kColumnsBefore - 2 - tail));
}

// "10:02  ☎ Telefoon     Paspoort aanvragen              Doorverbonden, wachttijd 4 min"
std::string HeadLine(const Look& look, const v1::TimelineEntry& entry, int subject_columns) {
  const std::string subject = SubjectOf(entry.contact());
  std::string line =
      absl::StrCat("  ", absl::FormatTime("%H:%M", When(entry), look.zone), "  ",
                   Pad(Word(look.lang, entry.contact().data().channel()), kChannelColumns),
                   Pad(Cut(subject, subject_columns), subject_columns), "  ", TailOf(look, entry));
  line.erase(line.find_last_not_of(' ') + 1);
  return Fit(look, line) + "\n";
}

std::string BadgeLine(const Look& look, const std::string& badge) {
  return Fit(look, "         └ " + badge);
}

std::string BadgeLines(const Look& look, const Badges& badges) {
  std::string lines;
  if (badges.since_web > absl::ZeroDuration())
    lines += BadgeLine(look, Say(look.lang, Label::tl_switch,
                                 DurationText(look.lang, badges.since_web))) +
             "\n";
  if (badges.repeat > 0)
    lines += Style(look, "1",
                   BadgeLine(look, Say(look.lang, Label::tl_repeat, badges.repeat, 7))) +
             "\n";
  return lines;
}

std::string NoteLine(const Look& look, const v1::TimelineEntry& entry) {
  const std::string& note = entry.contact().data().note();
  const std::string first(absl::StripAsciiWhitespace(note.substr(0, note.find('\n'))));
  if (first.empty()) return "";
  return Fit(look, absl::StrCat("         \"", Clean(first), "\"")) + "\n";
}

}  // namespace

std::vector<Badges> BadgesOf(const Entries& entries) {
  std::vector<Badges> all(static_cast<size_t>(entries.size()));
  for (int i = 0; i < entries.size(); ++i) {
    Badges& badges = all[static_cast<size_t>(i)];
    const v1::Channel channel = entries[i].contact().data().channel();
    const std::string about = About(entries[i]);
    int earlier = 0;
    for (int j = i + 1; j < entries.size(); ++j) {
      const absl::Duration between = When(entries[i]) - When(entries[j]);
      if (between > kRepeatWindow) break;
      const bool from_web = entries[j].contact().data().channel() == v1::CHANNEL_WEB;
      // A visit to the website is looking, not asking: it is no repeat.
      if (!about.empty() && channel != v1::CHANNEL_WEB && !from_web && About(entries[j]) == about)
        ++earlier;
      if (channel == v1::CHANNEL_PHONE && from_web && between <= kSwitchWindow &&
          badges.since_web == absl::ZeroDuration())
        badges.since_web = std::max(between, absl::Seconds(1));
    }
    if (earlier > 0) badges.repeat = earlier + 1;
  }
  return all;
}

std::string Picture(const Look& look, const Entries& entries) {
  const std::vector<Badges> badges = BadgesOf(entries);
  const absl::CivilDay today = absl::ToCivilDay(look.now, look.zone);
  const int subject_columns = SubjectColumns(look, entries);
  std::string text;
  absl::CivilDay day = absl::CivilDay::max();
  for (int i = 0; i < entries.size(); ++i) {
    const absl::CivilDay of_entry = absl::ToCivilDay(When(entries[i]), look.zone);
    if (of_entry != day) {
      day = of_entry;
      const std::string name = DayText(look.lang, day, today);
      absl::StrAppend(&text, text.empty() ? "" : "\n", Style(look, "1", name), "\n");
    }
    text += HeadLine(look, entries[i], subject_columns);
    text += BadgeLines(look, badges[static_cast<size_t>(i)]);
    text += NoteLine(look, entries[i]);
  }
  return text;
}

}  // namespace klantbeeld::cli
