include(${CMAKE_CURRENT_LIST_DIR}/python.cmake)

add_test(NAME tidy COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/tidy.py ${CMAKE_SOURCE_DIR})
klantbeeld_python_test(tidy_test scripts/tidy_test.py)
klantbeeld_python_test(demo_test scripts/demo_test.py)
set_tests_properties(demo_test PROPERTIES COST 40)
klantbeeld_python_test(household_contacts_test scripts/household_contacts_test.py)
klantbeeld_python_test(count_test scripts/count_test.py)
klantbeeld_python_test(install_test scripts/install_test.py)
klantbeeld_python_test(server_test scripts/server_test.py)
klantbeeld_python_test(promises_test scripts/promises_test.py)
# All patches apply, and three others are caught each day; scripts/test says which day it is.
add_test(NAME mutants_apply COMMAND ${CMAKE_SOURCE_DIR}/scripts/mutants --apply-only)
add_test(NAME mutants COMMAND sh -c "exec scripts/mutants --day \"\${KLANTBEELD_DAY:-0}\""
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(mutants_apply mutants PROPERTIES RESOURCE_LOCK mutants)
set_tests_properties(mutants PROPERTIES TIMEOUT 1200 COST 200)
