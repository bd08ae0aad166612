# A store, its clients and its disk in one process. The calls that change files
# are those of simulation/calls.cc, so nothing else may be linked with it.
klantbeeld_test(simulation_test simulation/simulation_test.cc klantbeeld_service RocksDB::rocksdb
  ${CMAKE_DL_LIBS})
target_sources(simulation_test PRIVATE
  simulation/background.cc simulation/calls.cc simulation/disk.cc simulation/fault.cc simulation/follower.cc
  simulation/look.cc simulation/machine.cc simulation/oracle.cc simulation/replay.cc simulation/requests.cc
  simulation/world.cc store/history.cc)
target_link_options(simulation_test PRIVATE -Wl,--wrap=_ZN7rocksdb3Env7DefaultEv
  -Wl,--wrap=_ZN7rocksdb21PersistRocksDBOptionsERKNS_9DBOptionsERKSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS9_EERKS3_INS_19ColumnFamilyOptionsESaISE_EERKS9_PNS_10FileSystemE)
# In two, beside each other.
set_tests_properties(simulation_test PROPERTIES
  TIMEOUT 900 COST 160 ENVIRONMENT "GTEST_FILTER=-Simulation.EvenSeedsKeepThePromises")
add_test(NAME simulation_even_test COMMAND simulation_test
  --gtest_filter=Simulation.EvenSeedsKeepThePromises WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(simulation_even_test PROPERTIES TIMEOUT 900 COST 160)
