# How well citizens are told apart; scripts/eval runs it whole, ctest on made data.
find_package(CLI11 REQUIRED)
if(TARGET klantbeeld AND TARGET klantbeeld-server)
  add_executable(klantbeeld_eval_ask ${CMAKE_CURRENT_LIST_DIR}/ask.cc)
  klantbeeld_strict(klantbeeld_eval_ask)
  target_link_libraries(klantbeeld_eval_ask PRIVATE klantbeeld_client klantbeeld_grpc CLI11::CLI11
    absl::strings Threads::Threads)
  add_test(NAME evaluate_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/evaluate_test.py
    $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld> $<TARGET_FILE:klantbeeld_eval_ask>)
  set_tests_properties(evaluate_test PROPERTIES TIMEOUT 300 COST 60)
endif()
klantbeeld_python_test(dataset_test eval/dataset_test.py)
klantbeeld_python_test(measures_test eval/measures_test.py)
