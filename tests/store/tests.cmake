# One binary for what needs few rows or none: linking costs more than compiling.
klantbeeld_test(store_unit_test store/identity/partition_test.cc klantbeeld_store)
target_sources(store_unit_test PRIVATE store/history.cc)
foreach(name contact_test directory_test error_test journal_test keys_test prepare_test record_test sealer_test
    sequencer_test splice_test identity/candidates_test identity/posting_test identity/changes_test identity/claims_test
    identity/compare_test identity/component_test identity/estimate_test identity/explain_test
    identity/found_test identity/learn_test identity/model_test
    identity/nobodys_test identity/normalise_test identity/owner_test identity/person_test identity/score_test
    identity/unmerge_test identity/veto_test)
  target_sources(store_unit_test PRIVATE store/${name}.cc)
endforeach()
if(KLANTBEELD_SANITIZER)  # g++ 12 then warns in vain of what <regex> does.
  set_source_files_properties(store/error_test.cc PROPERTIES COMPILE_OPTIONS
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
set_tests_properties(store_unit_test PROPERTIES TIMEOUT 900 COST 40)
klantbeeld_core(store_unit_test)

klantbeeld_test(store_test store/store_test.cc klantbeeld_store)
target_sources(store_test PRIVATE store/history.cc)
foreach(name backup_test check_test citizen_test commit_test db_table_test db_test digest_test feed_test manifest_test open_test past_test
    restore_test scrub_test timeline_test watch_test identity/adopt_test identity/decide_test identity/forecast_test identity/search_test)
  target_sources(store_test PRIVATE store/${name}.cc)
endforeach()
set_tests_properties(store_test PROPERTIES TIMEOUT 900 COST 130)
klantbeeld_core(store_test)

klantbeeld_test(history_test store/history_test.cc klantbeeld_store)
target_sources(history_test PRIVATE store/history.cc store/properties_test.cc)
set_tests_properties(history_test PROPERTIES TIMEOUT 900 COST 110)
klantbeeld_core(history_test)
