# heald_room(NAME SOURCES… [USES ROOMS…] [LIBRARIES TARGETS…])
#
# One folder of src/ as a static library, heald_NAME. What a room may include is what it links:
# include/ (the core's public headers) comes with `core`, src/ with every other room.
function(heald_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(heald_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(heald_${name} PRIVATE heald_flags PUBLIC ${ROOM_LIBRARIES})
  foreach(used ${ROOM_USES})
    target_link_libraries(heald_${name} PUBLIC heald_${used})
  endforeach()
  target_include_directories(heald_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${PROJECT_SOURCE_DIR}/src INTERFACE ${PROJECT_SOURCE_DIR}/src)
endfunction()

# heald_test(NAME SOURCES… USES ROOMS… [LABELS …] [TIMEOUT SECONDS] [SERIAL])
#
# One test binary out of tests/NAME, run by ctest as NAME.
function(heald_test name)
  cmake_parse_arguments(TEST "SERIAL" "TIMEOUT" "SOURCES;USES;LABELS;DEFINITIONS" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE heald_flags heald_test_main)
  foreach(used ${TEST_USES})
    target_link_libraries(test_${name} PRIVATE heald_${used})
  endforeach()
  target_compile_definitions(test_${name} PRIVATE ${TEST_DEFINITIONS})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_precompile_headers(test_${name} REUSE_FROM heald_test_main)
  if(CCACHE)  # without it ccache passes on every file that uses a precompiled header
    target_compile_options(test_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND test_${name} --order lex)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS "${TEST_LABELS}")
  if(TEST_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()
