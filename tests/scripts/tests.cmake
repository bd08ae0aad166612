include(${CMAKE_CURRENT_LIST_DIR}/python.cmake)

add_test(NAME tidy COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/tidy.py ${CMAKE_SOURCE_DIR})
klantbeeld_python_test(tidy_test scripts/tidy_test.py)
klantbeeld_python_test(demo_test scripts/demo_test.py)
klantbeeld_python_test(household_contacts_test scripts/household_contacts_test.py)
klantbeeld_python_test(count_test scripts/count_test.py)
klantbeeld_python_test(install_test scripts/install_test.py)
klantbeeld_python_test(server_test scripts/server_test.py)
