# The benchmark; scripts/bench runs it whole, ctest a small part so that it
# keeps working. Built where PostgreSQL's client library is.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBPQ IMPORTED_TARGET libpq)
if(LIBPQ_FOUND AND TARGET klantbeeld-server)
  find_package(RocksDB CONFIG REQUIRED)
  find_package(nlohmann_json REQUIRED)
  set(sources bare_server events load main postgres process raw_rows rounds)
  list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
  list(TRANSFORM sources APPEND .cc)
  add_executable(klantbeeld_bench ${sources})
  klantbeeld_strict(klantbeeld_bench)
  target_link_libraries(klantbeeld_bench PRIVATE klantbeeld_client RocksDB::rocksdb
    PkgConfig::LIBPQ nlohmann_json::nlohmann_json absl::strings absl::str_format)
  add_test(NAME bench_smoke COMMAND klantbeeld_bench --smoke --server $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(bench_smoke PROPERTIES TIMEOUT 120)
endif()
