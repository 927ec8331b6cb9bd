# The flags of every target and the two functions that the folders use.

set(SIGNALBOX_SANITIZE "" CACHE STRING "What to pass to -fsanitize: address,undefined or thread; empty for none")

add_library(signalbox_flags INTERFACE)
target_include_directories(signalbox_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(signalbox_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  # A precompiled header must not carry the time of its making, or the compiler cache never hits.
  $<$<CXX_COMPILER_ID:Clang>:-Xclang -fno-pch-timestamp>)
target_compile_definitions(signalbox_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(signalbox_flags INTERFACE -fuse-ld=lld)
endif()
if(SIGNALBOX_SANITIZE)
  target_compile_options(signalbox_flags INTERFACE
    -fsanitize=${SIGNALBOX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(signalbox_flags INTERFACE -fsanitize=${SIGNALBOX_SANITIZE})
endif()

# signalbox_library(NAME DEPENDS other folders LINKS libraries)
# Builds every .cc of this folder into signalbox_NAME, and every *_test.cc into the program NAME_test,
# whose tests ctest finds under the label `unit`.
function(signalbox_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINKS;TEST_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  list(TRANSFORM ARG_DEPENDS PREPEND signalbox_)
  if(sources)
    add_library(signalbox_${name} STATIC ${sources})
    target_link_libraries(signalbox_${name} PUBLIC signalbox_flags ${ARG_DEPENDS} ${ARG_LINKS})
  else()
    add_library(signalbox_${name} INTERFACE)
    target_link_libraries(signalbox_${name} INTERFACE signalbox_flags ${ARG_DEPENDS} ${ARG_LINKS})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE signalbox_${name} ${ARG_TEST_LINKS} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
