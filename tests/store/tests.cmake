# One binary for what needs few rows or none: linking costs more than compiling.
klantbeeld_test(store_unit_test store/identity_rules_test.cc klantbeeld_store)
target_sources(store_unit_test PRIVATE store/history.cc)
foreach(name keys_test normalise_test record_test sealer_test)
  target_sources(store_unit_test PRIVATE store/${name}.cc)
endforeach()
set_tests_properties(store_unit_test PROPERTIES LABELS core)

klantbeeld_test(store_test store/store_test.cc klantbeeld_store)
set_tests_properties(store_test PROPERTIES LABELS core)

klantbeeld_test(history_test store/history_test.cc klantbeeld_store)
target_sources(history_test PRIVATE store/history.cc)
set_tests_properties(history_test PROPERTIES LABELS core TIMEOUT 900)
