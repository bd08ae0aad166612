# klantbeeld_python_test(name file): a Python test, run by Debian's own Python,
# with the scripts' modules on its path.
function(klantbeeld_python_test name file)
  add_test(NAME ${name} COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tests/${file}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set(path tests/scripts scripts/demo scripts/convert scripts/lib)
  list(TRANSFORM path PREPEND ${CMAKE_SOURCE_DIR}/)
  list(JOIN path ":" path)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "PYTHONPATH=${path}")
endfunction()
