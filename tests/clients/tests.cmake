foreach(name backoff client recorder follower)
  klantbeeld_test(clients_${name}_test clients/cpp/${name}_test.cc klantbeeld_client)
endforeach()
