# klantbeeld_python_test stands in tests/scripts/tests.cmake, which comes later.
set(contract_environment "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts")
foreach(name mapping_test breaking_test)
  add_test(NAME ${name} COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/${name}.py
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT ${contract_environment})
endforeach()
