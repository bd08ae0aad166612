# What an operator watches: alert rules, dashboard, runbook.
if(TARGET klantbeeld-server)
  add_test(NAME watching_test COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/watching_test.py
    $<TARGET_FILE:klantbeeld-server>)
  set_tests_properties(watching_test PROPERTIES TIMEOUT 300 COST 30)
endif()
