# The real server program over its real socket.
find_package(nlohmann_json REQUIRED)
klantbeeld_test(e2e_server_test e2e/server_test.cc klantbeeld_grpc absl::strings absl::time
  nlohmann_json::nlohmann_json)
target_compile_definitions(e2e_server_test PRIVATE
  KLANTBEELD_SERVER="$<TARGET_FILE:klantbeeld-server>")
add_dependencies(e2e_server_test klantbeeld-server)
