set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(LONGSHORE_TESTS "Build the tests" ON)
option(LONGSHORE_WERROR "Treat warnings as errors" OFF)
set(LONGSHORE_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")
option(LONGSHORE_PCH "Parse common headers once (clang)" OFF)
option(LONGSHORE_FUZZ "Build the fuzz targets (clang)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Without this ccache stands aside when headers are precompiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

# What every target of ours is compiled with.
add_library(longshore_options INTERFACE)
target_compile_options(longshore_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum)
if(LONGSHORE_WERROR)
  target_compile_options(longshore_options INTERFACE -Werror)
endif()
if(LONGSHORE_SANITIZE)
  target_compile_options(longshore_options INTERFACE
    -fsanitize=${LONGSHORE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(longshore_options INTERFACE -fsanitize=${LONGSHORE_SANITIZE})
endif()
target_include_directories(longshore_options INTERFACE ${PROJECT_SOURCE_DIR})
# agent/base/asio.cpp and agent/net/asio.cpp hold the non-template parts of Asio and Beast.
target_compile_definitions(longshore_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  LONGSHORE_VERSION="${PROJECT_VERSION}")

# What the code under fuzz is compiled with: it counts the edges it takes, so that a fuzzer sees what
# is new. The tests do without. Other programs link it, too: the counters' callbacks are weak.
add_library(longshore_fuzzed INTERFACE)
if(LONGSHORE_FUZZ)
  target_compile_options(longshore_fuzzed INTERFACE -fsanitize=fuzzer-no-link)
endif()

# longshore_precompile(<name> <header> [<options>...]): a target whose precompiled header others of
# the same options take over with longshore_use_precompiled(<target> <name>). Nothing without
# LONGSHORE_PCH.
function(longshore_precompile name header)
  if(NOT LONGSHORE_PCH)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE longshore_options longshore_libraries ${ARGN})
  # A time inside would make every rebuild of it a different one, also for ccache.
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} PRIVATE ${header})
endfunction()
function(longshore_use_precompiled target name)
  if(LONGSHORE_PCH)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

# The libraries that agent/base needs, and so everything.
add_library(longshore_libraries INTERFACE)
target_link_libraries(longshore_libraries INTERFACE Boost::headers Threads::Threads fmt::fmt
  spdlog::spdlog tl::expected nlohmann_json::nlohmann_json)
longshore_precompile(longshore_precompiled ${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp
  longshore_fuzzed)

# longshore_module(<name> SOURCES <files> DEPS <targets>): one static library, longshore_<name>.
# A module without sources is an interface library (headers only).
function(longshore_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(longshore_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(longshore_${name} PUBLIC longshore_options ${ARG_DEPS}
      PRIVATE longshore_fuzzed)
    longshore_use_precompiled(longshore_${name} longshore_precompiled)
  else()
    add_library(longshore_${name} INTERFACE)
    target_link_libraries(longshore_${name} INTERFACE longshore_options ${ARG_DEPS})
  endif()
endfunction()
