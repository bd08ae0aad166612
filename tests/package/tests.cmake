# What the release is installed as. Needs root, and Debian's mirror the first time.
if(TARGET package_files)
  add_test(NAME package_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/package_test.py
    ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  set_tests_properties(package_test PROPERTIES TIMEOUT 600 COST 90 SKIP_RETURN_CODE 77)
  add_test(NAME man_page_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/man_page_test.py
    ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
endif()
