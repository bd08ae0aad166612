# klantbeeld_python_test(name file args...): a Python test, with Debian's own
# Python and the scripts' modules on its path.
function(klantbeeld_python_test name file)
  add_test(NAME ${name} COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tests/${file} ${ARGN}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
    "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/scripts:${CMAKE_SOURCE_DIR}/scripts/demo:${CMAKE_SOURCE_DIR}/scripts/convert:${CMAKE_SOURCE_DIR}/scripts/lib")
endfunction()

add_test(NAME tidy COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/tidy.py ${CMAKE_SOURCE_DIR})
klantbeeld_python_test(tidy_test scripts/tidy_test.py)
klantbeeld_python_test(demo_test scripts/demo_test.py)
klantbeeld_python_test(household_contacts_test scripts/household_contacts_test.py)
klantbeeld_python_test(count_test scripts/count_test.py)
klantbeeld_python_test(install_test scripts/install_test.py)
