// Models that tell apart otherwise than the one of this build, without its
// tables, which take long to read.
#ifndef KLANTBEELD_TESTS_STORE_IDENTITY_MODELS_H_
#define KLANTBEELD_TESTS_STORE_IDENTITY_MODELS_H_

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/identity/adopt.h"
#include "store/identity/model.h"
#include "tests/store/history.h"

namespace klantbeeld::store {

inline std::string ModelFileOf(const format::ModelFile& file) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(file, &json).ok());
  return json;
}

inline format::ModelFile PlainModel(const std::string& name) {
  format::ModelFile file = ShippedModel().file;
  file.set_name(name);
  file.clear_nicknames();
  file.mutable_surname()->clear_common();
  file.mutable_first_name()->clear_common();
  return file;
}

// Joins nobody by what he states.
inline std::string StrictModel() {
  format::ModelFile file = PlainModel("strict");
  file.set_link(6'000);
  file.set_suggest(2'000);
  return ModelFileOf(file);
}

// Joins by little, and suggests by less.
inline std::string LenientModel() {
  format::ModelFile file = PlainModel("lenient");
  file.set_population(50);
  file.set_margin(0);
  file.set_suggest(-2'000);
  return ModelFileOf(file);
}

// Where others have the most, says the least.
inline std::string OddModel() {
  format::ModelFile file = PlainModel("odd");
  file.mutable_birth_date()->set_same(100);
  file.mutable_birth_date()->set_same_new_year(100);
  file.mutable_birth_date()->set_close(90);
  file.mutable_first_name()->set_same(1'500);
  file.mutable_first_names()->set_initial_same(700);
  file.set_population(4'000);
  return ModelFileOf(file);
}

inline std::vector<std::string> OtherModels() {
  return {StrictModel(), LenientModel(), OddModel()};
}

// Facts of going over to one.
inline LooseFact FactOf(const AdoptionFact& adoption) {
  LooseFact fact;
  fact.header.set_kind(v1::FACT_KIND_ADOPT_MODEL);
  fact.header.set_subject_id(adoption.version);
  fact.body = SealAdoption(adoption);
  return fact;
}

inline LooseFact SliceOf(const ModelInEffect& in_effect, uint64_t facts) {
  format::RederivationBody slice;
  slice.set_adopted(in_effect.adopted);
  slice.set_through(in_effect.through + facts);
  LooseFact fact;
  fact.header.set_kind(v1::FACT_KIND_REDERIVE);
  fact.header.set_subject_id(in_effect.model->version);
  fact.body = SealRederivation(in_effect.model->version, slice);
  return fact;
}

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_IDENTITY_MODELS_H_
