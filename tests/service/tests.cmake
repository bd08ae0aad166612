# Rules and configuration need no gRPC; the rest runs the services in this process.
if(TARGET klantbeeld_store)
  foreach(name config event_rules limits party_rules request_rules validate)
    klantbeeld_test(service_${name}_test service/${name}_test.cc klantbeeld_service_rules)
  endforeach()
endif()
