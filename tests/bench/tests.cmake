# The benchmark; scripts/bench runs it whole, ctest a small part so that it
# keeps working. Built where PostgreSQL's client library is.
find_package(PkgConfig REQUIRED)
add_library(klantbeeld_load STATIC bench/events.cc bench/load.cc bench/people.cc bench/process.cc)
klantbeeld_strict(klantbeeld_load)
target_precompile_headers(klantbeeld_load REUSE_FROM client_headers)
target_link_libraries(klantbeeld_load PUBLIC klantbeeld_client absl::strings absl::str_format
  absl::synchronization)
pkg_check_modules(LIBPQ IMPORTED_TARGET libpq)
if(LIBPQ_FOUND AND TARGET klantbeeld-server)
  find_package(RocksDB CONFIG REQUIRED)
  find_package(nlohmann_json REQUIRED)
  find_package(CURL REQUIRED)
  set(sources bare_server cost main ours people_work postgres raw_rows rounds)
  list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
  list(TRANSFORM sources APPEND .cc)
  add_executable(klantbeeld_bench ${sources})
  klantbeeld_strict(klantbeeld_bench)
  target_precompile_headers(klantbeeld_bench REUSE_FROM client_headers)
  target_link_libraries(klantbeeld_bench PRIVATE klantbeeld_load RocksDB::rocksdb
    PkgConfig::LIBPQ nlohmann_json::nlohmann_json
    CURL::libcurl)
  add_test(NAME bench_smoke COMMAND klantbeeld_bench --smoke --server $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(bench_smoke PROPERTIES TIMEOUT 120)
endif()

# How fast a file is imported; see import.cc.
if(TARGET klantbeeld AND TARGET klantbeeld-server)
  add_executable(klantbeeld_import_bench bench/import.cc)
  klantbeeld_strict(klantbeeld_import_bench)
  target_precompile_headers(klantbeeld_import_bench REUSE_FROM client_headers)
  target_link_libraries(klantbeeld_import_bench PRIVATE klantbeeld_load klantbeeld_adapters
    nlohmann_json::nlohmann_json)
  add_test(NAME bench_import_smoke COMMAND klantbeeld_import_bench
    --server $<TARGET_FILE:klantbeeld-server> --client $<TARGET_FILE:klantbeeld>
    --mapping ${CMAKE_SOURCE_DIR}/clients/adapters/csv/mappings/generic.toml --rows 2000 --rounds 1)
  set_tests_properties(bench_import_smoke PROPERTIES TIMEOUT 120)
endif()

# More than the server can take; scripts/overload runs it whole.
if(TARGET klantbeeld-server)
  add_executable(klantbeeld_overload bench/overload.cc)
  klantbeeld_strict(klantbeeld_overload)
  target_precompile_headers(klantbeeld_overload REUSE_FROM client_headers)
  target_link_libraries(klantbeeld_overload PRIVATE klantbeeld_load)
  add_test(NAME overload_smoke COMMAND klantbeeld_overload --smoke --server $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(overload_smoke PROPERTIES TIMEOUT 120)
endif()
