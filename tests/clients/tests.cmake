foreach(name backoff client recorder follower)
  klantbeeld_test(clients_${name}_test clients/cpp/${name}_test.cc klantbeeld_client)
endforeach()
foreach(name arguments csv_line detail detect export_file export_format json labels lines output party refine settings
    text times view)
  klantbeeld_test(clients_${name}_test clients/cli/${name}_test.cc klantbeeld_cli)
endforeach()
target_compile_definitions(clients_detail_test PRIVATE KLANTBEELD_SOURCES="${PROJECT_SOURCE_DIR}")
find_package(ZLIB REQUIRED)
klantbeeld_test(clients_adapters_test clients/adapters/mapping_test.cc klantbeeld_adapters ZLIB::ZLIB
  ${ZSTD})
set(adapter_tests json_test local_time_test records_test source_test tables_test text_adapter_test
  asterisk/cdr_test asterisk/queue_log_test cloudevents/cloudevents_test events/events_test
  ga4/ga4_test matomo/matomo_test qmatic/qmatic_test)
list(TRANSFORM adapter_tests PREPEND clients/adapters/)
list(TRANSFORM adapter_tests APPEND .cc)
target_sources(clients_adapters_test PRIVATE ${adapter_tests})

# Against the real server.
if(TARGET klantbeeld-server)
  foreach(name bulk cmd_backup context export_run import_run standard_files)
    klantbeeld_test(clients_${name}_test clients/cli/${name}_test.cc klantbeeld_cli)
    target_compile_definitions(clients_${name}_test PRIVATE
      KLANTBEELD_CLI_PROGRAM="$<TARGET_FILE:klantbeeld>"
      KLANTBEELD_SERVER_PROGRAM="$<TARGET_FILE:klantbeeld-server>")
    add_dependencies(clients_${name}_test klantbeeld klantbeeld-server)
  endforeach()
  add_test(NAME import_doc_test COMMAND /usr/bin/python3 -B
    ${CMAKE_CURRENT_LIST_DIR}/import_doc_test.py $<TARGET_FILE:klantbeeld> $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(import_doc_test PROPERTIES TIMEOUT 180)
  add_test(NAME python_sample_test COMMAND /usr/bin/python3 -B
    ${CMAKE_CURRENT_LIST_DIR}/python_sample_test.py $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(python_sample_test PROPERTIES TIMEOUT 180)
  # In a real terminal and in real shells.
  foreach(name session completion)
    add_test(NAME ${name}_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py
      $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld>)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 300)
  endforeach()
  # The tool's page shows what the tool prints.
  add_test(NAME tool_doc COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/tool_doc.py
    $<TARGET_FILE:klantbeeld-server> $<TARGET_FILE:klantbeeld>)
  set_tests_properties(tool_doc PROPERTIES TIMEOUT 300)
endif()
