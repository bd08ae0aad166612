# The real server, killed at random moments. With the library preloaded, every
# byte that was not yet synced is thrown away as well.
add_library(unsynced MODULE crash/unsynced.cc)
klantbeeld_strict(unsynced)
target_link_libraries(unsynced PRIVATE ${CMAKE_DL_LIBS})

if(TARGET klantbeeld-server)
  add_library(klantbeeld_crash STATIC
    crash/checks.cc crash/history.cc crash/load.cc crash/oracle.cc crash/server_process.cc)
  klantbeeld_strict(klantbeeld_crash)
  target_precompile_headers(klantbeeld_crash REUSE_FROM client_headers)
  target_link_libraries(klantbeeld_crash PUBLIC klantbeeld_client absl::strings)
  target_compile_definitions(klantbeeld_crash PRIVATE
    KLANTBEELD_SERVER_PROGRAM="$<TARGET_FILE:klantbeeld-server>"
    KLANTBEELD_UNSYNCED_LIBRARY="$<TARGET_FILE:unsynced>")
  add_dependencies(klantbeeld_crash klantbeeld-server unsynced)
  klantbeeld_test(crash_test crash/crash_test.cc klantbeeld_crash)
  set_tests_properties(crash_test PROPERTIES COST 40)
  klantbeeld_test(diverged_test crash/diverged_test.cc klantbeeld_crash)
endif()
