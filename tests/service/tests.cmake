# Rules and configuration need no gRPC; the rest runs the server in the test's process.
foreach(name config event_rules executor limits party_rules request_rules validate)
  klantbeeld_test(service_${name}_test service/${name}_test.cc klantbeeld_service_rules)
  klantbeeld_core(service_${name}_test)
endforeach()
foreach(name admission backup_handler contact_handler feed_handler follow_stream frame_cache history_handler
    maintenance_handler model_commands reasons record_stream refusals server watch_stream)
  klantbeeld_test(service_${name}_test service/${name}_test.cc klantbeeld_service)
endforeach()
# The store alone, behind a disk that the test holds back.
klantbeeld_test(feed_durable_test service/feed_durable_test.cc klantbeeld_store)
klantbeeld_core(feed_durable_test)
find_package(CURL REQUIRED)
find_package(nlohmann_json REQUIRED)
# The register of persons; the BRP of brp_server.py is a process of its own.
foreach(name asker brp_client brp_messages file_registry registry search)
  klantbeeld_test(service_registry_${name}_test service/registry/${name}_test.cc klantbeeld_registry
    nlohmann_json::nlohmann_json CURL::libcurl)
  klantbeeld_core(service_registry_${name}_test)
endforeach()
klantbeeld_test(service_registry_open_test service/registry/open_test.cc klantbeeld_service)
