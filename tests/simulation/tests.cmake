# A store, its clients and its disk in one process, by seed. The calls that change
# files are those of calls.cc, so nothing else may be linked with it.
add_library(klantbeeld_simulation OBJECT
  simulation/background.cc simulation/calls.cc simulation/disk.cc simulation/follower.cc
  simulation/machine.cc simulation/oracle.cc simulation/replay.cc simulation/requests.cc
  simulation/world.cc store/history.cc)
klantbeeld_strict(klantbeeld_simulation)
target_link_libraries(klantbeeld_simulation PUBLIC klantbeeld_service RocksDB::rocksdb
  ${CMAKE_DL_LIBS} GTest::gtest)
target_link_options(klantbeeld_simulation PUBLIC -Wl,--wrap=_ZN7rocksdb3Env7DefaultEv)
add_executable(simulation simulation/main.cc)
klantbeeld_strict(simulation)
target_link_libraries(simulation PRIVATE klantbeeld_simulation)
