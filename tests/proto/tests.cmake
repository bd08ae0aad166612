include(${CMAKE_SOURCE_DIR}/tests/scripts/python.cmake)

klantbeeld_python_test(mapping_test proto/mapping_test.py)
klantbeeld_python_test(breaking_test proto/breaking_test.py)
