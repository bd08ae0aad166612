#include "store/identity/model.h"

#include <google/protobuf/util/json_util.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

constexpr int32_t kWeightMax = 10'000;  // A hundred bits.

absl::Status Wrong(absl::string_view field, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat("model: ", field, " must be ", allowed));
}

absl::Status CheckName(absl::string_view name) {
  const bool plain = absl::c_all_of(name, [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  });
  if (name.empty() || name.size() > 40 || !plain) {
    return Wrong("name", "1 to 40 of a-z, 0-9 and '-'");
  }
  return absl::OkStatus();
}

// Every number in the file that is a weight, wherever it stands.
absl::Status CheckWeights(const google::protobuf::Message& message, const std::string& path) {
  const auto& reflection = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    const std::string name = absl::StrCat(path, field->json_name());
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32) {
      const int32_t value = reflection.GetInt32(message, field);
      if (std::abs(value) > kWeightMax) {
        return Wrong(name, absl::StrCat("from ", -kWeightMax, " to ", kWeightMax));
      }
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_repeated()) {
        for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
          KB_RETURN_IF_ERROR(CheckWeights(reflection.GetRepeatedMessage(message, field, j),
                                          absl::StrCat(name, "[", j, "].")));
        }
      } else {
        KB_RETURN_IF_ERROR(
            CheckWeights(reflection.GetMessage(message, field), absl::StrCat(name, ".")));
      }
    }
  }
  return absl::OkStatus();
}

// What agrees better cannot say less.
absl::Status CheckFalling(absl::string_view field, std::initializer_list<int32_t> weights) {
  if (std::is_sorted(weights.begin(), weights.end(), std::greater<>())) return absl::OkStatus();
  return Wrong(field, "weights that fall from the same to different");
}

absl::Status CheckValues(absl::string_view field, const format::ValueWeights& weights) {
  return CheckFalling(field, {weights.same(), weights.close(), weights.different()});
}

absl::Status CheckFields(const format::ModelFile& file) {
  const auto& surname = file.surname();
  KB_RETURN_IF_ERROR(CheckFalling(
      "surname", {surname.same(), surname.close(), surname.similar(), surname.different()}));
  const auto& first = file.first_name();
  KB_RETURN_IF_ERROR(CheckFalling(
      "firstName", {first.same(), first.close(), first.similar(), first.different()}));
  const auto& birth = file.birth_date();
  KB_RETURN_IF_ERROR(CheckFalling("birthDate", {birth.same(), birth.close(), birth.far(),
                                                birth.different()}));
  const auto& address = file.address();
  KB_RETURN_IF_ERROR(CheckFalling(
      "address", {address.same(), address.close(), address.area(), address.other_number(),
                  address.near(), address.different()}));
  KB_RETURN_IF_ERROR(CheckFalling("address", {address.same_town(), address.other_town()}));
  KB_RETURN_IF_ERROR(CheckFalling("address", {address.same_quarter(), address.other_quarter()}));
  KB_RETURN_IF_ERROR(CheckValues("phone", file.phone()));
  KB_RETURN_IF_ERROR(CheckValues("email", file.email()));
  KB_RETURN_IF_ERROR(CheckValues("device", file.device()));
  KB_RETURN_IF_ERROR(CheckValues("sex", file.sex()));
  KB_RETURN_IF_ERROR(CheckValues("birthPlace", file.birth_place()));
  KB_RETURN_IF_ERROR(CheckValues("bsn", file.bsn()));
  KB_RETURN_IF_ERROR(CheckValues("number", file.number()));
  return CheckValues("customer", file.customer());
}

absl::Status Check(const format::ModelFile& file) {
  KB_RETURN_IF_ERROR(CheckName(file.name()));
  if (file.population() < 2) return Wrong("population", "2 or more");
  KB_RETURN_IF_ERROR(CheckWeights(file, ""));
  if (file.suggest() > file.link()) return Wrong("suggest", "at most link");
  if (file.margin() < 0) return Wrong("margin", "0 or more");
  if (file.candidates_max() == 1 || file.candidates_max() < 0 || file.candidates_max() > 64) {
    return Wrong("candidatesMax", "from 2 to 64, or 0: nobody is compared");
  }
  if (file.nameless_max() >= file.link()) return Wrong("namelessMax", "less than link");
  if (file.names_alone() < 0) return Wrong("namesAlone", "0 or more");
  if (file.support() > 0) return Wrong("support", "at most 0");
  if (file.contradiction() > file.support()) return Wrong("contradiction", "at most support");
  return CheckFields(file);
}

absl::Status AddNames(absl::string_view field, const format::NameWeights& weights,
                      absl::flat_hash_map<std::string, int32_t>& names) {
  for (const auto& group : weights.common()) {
    for (const absl::string_view name : absl::StrSplit(group.names(), ' ')) {
      if (name.empty() || !names.try_emplace(name, group.same()).second) {
        return Wrong(absl::StrCat(field, ".common"),
                     absl::StrCat("names with one space between, each once, unlike \"", name,
                                  "\""));
      }
    }
  }
  return absl::OkStatus();
}

constexpr int32_t kRarerForm = 120;  // What a form of a common name says more than that.

// A form of a name that is in no frequency table is no rare name for that.
void WeighForms(const std::vector<absl::string_view>& forms, Model& model,
                absl::flat_hash_map<std::string, int32_t>& weights) {
  int32_t least = model.file.first_name().same();
  for (const absl::string_view form : forms) {
    const auto at = model.first_names.find(form);
    if (at != model.first_names.end()) least = std::min(least, at->second + kRarerForm);
  }
  for (const absl::string_view form : forms) {
    const auto [at, added] = weights.try_emplace(form, least);
    if (!added) at->second = std::min(at->second, least);
  }
}

absl::Status AddNicknames(Model& model) {
  absl::flat_hash_map<std::string, int32_t> of_forms;
  uint16_t group = 0;
  for (const std::string& line : model.file.nicknames()) {
    const std::vector<absl::string_view> forms = absl::StrSplit(line, ' ');
    uint32_t initials = 0;
    for (const absl::string_view form : forms) {
      if (form.empty() || !absl::ascii_islower(static_cast<unsigned char>(form[0]))) {
        return Wrong(absl::StrCat("nicknames[", group, "]"),
                     "names in lower case with one space between");
      }
      initials |= uint32_t{1} << (form[0] - 'a');
    }
    for (const absl::string_view form : forms) {
      Model::Forms& of = model.nicknames[form];
      if (of.groups.empty() || of.groups.back() != group) of.groups.push_back(group);
      of.initials |= initials;
    }
    model.forms.emplace_back(forms.begin(), forms.end());
    WeighForms(forms, model, of_forms);
    ++group;
  }
  // Where the table has the form itself, it holds.
  model.first_names.insert(of_forms.begin(), of_forms.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Model> ParseModel(absl::string_view json) {
  if (json.size() > kModelFileBytesMax) return Wrong("the file", "at most 1 MiB");
  Model model;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &model.file);
  // What the parser says repeats a piece of the file, which may be any file.
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        "model: not a model file: no JSON, or with a field or value that none has; "
        "`klantbeeld-server model show --write FILE` writes one that is");
  }
  KB_RETURN_IF_ERROR(Check(model.file));
  KB_RETURN_IF_ERROR(AddNames("surname", model.file.surname(), model.surnames));
  KB_RETURN_IF_ERROR(AddNames("firstName", model.file.first_name(), model.first_names));
  KB_RETURN_IF_ERROR(AddNicknames(model));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(json.data()), json.size(), digest);
  model.version = absl::StrCat(
      model.file.name(), "-",
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), 6)));
  model.link = model.file.link();
  model.suggest = model.file.suggest();
  model.margin = model.file.margin();
  model.candidates_max = static_cast<size_t>(model.file.candidates_max());
  model.population_bits = static_cast<int32_t>(
      std::lround(100 * std::log2(static_cast<double>(model.file.population()))));
  return model;
}

const Model& ShippedModel() {
  static const Model* const model = [] {
    absl::StatusOr<Model> parsed = ParseModel(ShippedModelFile());
    // A build with a faulty model passes no test: it does not get this far.
    if (!parsed.ok()) std::abort();
    return new Model(*std::move(parsed));
  }();
  return *model;
}

}  // namespace klantbeeld::store
