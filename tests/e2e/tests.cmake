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
  foreach(name metrics model second_reader)
    add_test(NAME ${name}_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py
      $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld>)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 120)
  endforeach()
endif()

# Damaged files.
if(TARGET klantbeeld-server)
  add_test(NAME damage_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/damage_test.py
    $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(damage_test PROPERTIES TIMEOUT 900 COST 100
    ENVIRONMENT "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts")
endif()

# Planted values, and every place where they may not stand.
if(TARGET klantbeeld)
  add_test(NAME leaks_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/leaks_test.py
    $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld>)
  set_tests_properties(leaks_test PROPERTIES TIMEOUT 900 COST 90
    ENVIRONMENT "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts:${CMAKE_SOURCE_DIR}/tests/clients")
endif()

# A disk that is full, slow, read-only or broken; a store that is destroyed and comes back; stores
# of earlier formats.
add_library(faults MODULE e2e/faults.cc)
klantbeeld_strict(faults)
target_link_libraries(faults PRIVATE ${CMAKE_DL_LIBS})
if(TARGET klantbeeld-server AND TARGET klantbeeld)
  add_test(NAME disk_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/disk_test.py
    $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:faults>)
  add_test(NAME drill_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/drill_test.py
    $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld>)
  add_test(NAME upgrade_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/upgrade_test.py
    $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(disk_test drill_test upgrade_test PROPERTIES TIMEOUT 600
    ENVIRONMENT "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts")
  # Some containers let nobody mount anything, root neither.
  execute_process(COMMAND unshare --user --map-root-user --mount mount -t tmpfs none /mnt
    RESULT_VARIABLE cannot_mount OUTPUT_QUIET ERROR_QUIET)
  if(cannot_mount)
    execute_process(COMMAND unshare --mount mount -t tmpfs none /mnt
      RESULT_VARIABLE cannot_mount OUTPUT_QUIET ERROR_QUIET)
  endif()
  if(cannot_mount)
    message(WARNING "No file system can be mounted here: full_disk_test is not among the tests.")
  else()
    add_test(NAME full_disk_test COMMAND /usr/bin/python3 -B
      ${CMAKE_CURRENT_LIST_DIR}/full_disk_test.py $<TARGET_FILE:klantbeeld-server>)
    set_tests_properties(full_disk_test PROPERTIES TIMEOUT 600
      ENVIRONMENT "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts")
  endif()
endif()

# Clients that mean no good; scripts/hostile lets all of them come.
if(TARGET klantbeeld-server)
  add_test(NAME hostile_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/hostile_test.py
    $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(hostile_test PROPERTIES TIMEOUT 300
    ENVIRONMENT "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts")
endif()

# Files brought in by the command line.
foreach(name import_data import_interrupted)
  klantbeeld_test(e2e_${name}_test e2e/${name}_test.cc klantbeeld_grpc absl::strings absl::time
    nlohmann_json::nlohmann_json ${ZSTD})
  target_compile_definitions(e2e_${name}_test PRIVATE
    KLANTBEELD_SERVER="$<TARGET_FILE:klantbeeld-server>" KLANTBEELD_CLI="$<TARGET_FILE:klantbeeld>")
  add_dependencies(e2e_${name}_test klantbeeld-server klantbeeld)
endforeach()
set_tests_properties(e2e_import_interrupted_test PROPERTIES COST 60)
