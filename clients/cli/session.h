// The interactive mode: a key gives a citizen, a number a contact.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clients/cli/context.h"
#include "clients/cli/finder.h"

namespace klantbeeld::cli {

// What stands on the screen, and what a typed line makes of it. Prints to
// stdout; errors end nothing.
class Session {
 public:
  // A further line: of a note, or a birth date; nothing: broken off.
  using Ask = std::function<std::optional<std::string>(const std::string& prompt)>;

  // `context` must outlive it.
  Session(Context& context, Ask ask);

  // One line that was typed; false: leave.
  bool Take(const std::string& line);
  // The line may stand in a history: it is a command, and holds no key and
  // nothing else that says who it was about.
  bool MayRemember(const std::string& line) const;

 private:
  void Do(const std::string& line);
  void Search(const std::string& term);
  std::optional<Key> ReadKey(const std::string& term);
  void Found(Citizens citizens);
  void Narrow(absl::CivilDay born);
  void OpenCitizen(const std::string& id);
  bool ReadAgain(const std::string& id);
  bool ReadPage(const std::string& page_token);
  void ShowCitizen();
  void ShowMore();
  void Choose(size_t number);
  void Filter(const std::string& words);
  void AddNote();
  bool ReadContact(uint64_t min_position, v1::Contact& contact);
  void WriteNote(v1::Contact& contact, const std::string& text);
  void WatchLive();
  void Tell(Label label) const { Print(context_.Say(label)); }
  void Failed(const client::Error& error);

  Context& context_;
  const Ask ask_;
  Citizens hits_;             // To choose from.
  std::optional<Key> before_;  // It found too many; the next key goes with it.
  v1::Citizen citizen_;       // Open where it has an id.
  Entries entries_;           // Of it, numbered from 1.
  std::string next_page_;
  std::optional<std::string> instead_;  // Typed where a birth date was asked for.
  v1::TimelineFilter filter_;
  int open_ = 0;  // Number of the open contact.
};

}  // namespace klantbeeld::cli
