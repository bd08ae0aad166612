# The real server program over its real socket.
find_package(nlohmann_json REQUIRED)
foreach(name server feed_restart)
  klantbeeld_test(e2e_${name}_test e2e/${name}_test.cc klantbeeld_grpc absl::strings absl::time
    nlohmann_json::nlohmann_json)
  target_compile_definitions(e2e_${name}_test PRIVATE
    KLANTBEELD_SERVER="$<TARGET_FILE:klantbeeld-server>")
  add_dependencies(e2e_${name}_test klantbeeld-server)
endforeach()
if(TARGET klantbeeld)
  add_test(NAME second_reader_test COMMAND /usr/bin/python3 -B
    ${CMAKE_CURRENT_LIST_DIR}/second_reader_test.py $<TARGET_FILE:klantbeeld-server>
    $<TARGET_FILE:klantbeeld>)
  set_tests_properties(second_reader_test PROPERTIES TIMEOUT 120)
endif()
