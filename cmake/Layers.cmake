# What most files include, compiled once for the layers that are optimised alike. Not with ccache, which knows
# unchanged files by what they include; the sanitizers' builds leave it out, too, and so find a missing include.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()
set(FTL_COMMON_HEADERS
    <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional> <span> <sstream>
    <string> <string_view> <vector> <fmt/format.h> <fmt/ranges.h>)
# For code that computes nothing that takes long: a third of the time to compile it.
set(FTL_COLD_OPTIONS $<$<CONFIG:Release>:-O1>)

function(ftl_precompiled_headers name)
  cmake_parse_arguments(ARG "COLD" "" "HEADERS;LIBRARIES" ${ARGN})
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp.new "")
  file(COPY_FILE ${PROJECT_BINARY_DIR}/precompiled.cpp.new ${PROJECT_BINARY_DIR}/precompiled.cpp ONLY_IF_DIFFERENT)
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(${name} PRIVATE Threads::Threads ${ARG_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  if(ARG_COLD)
    target_compile_options(${name} PRIVATE ${FTL_COLD_OPTIONS})
  endif()
endfunction()

ftl_precompiled_headers(ftl_headers HEADERS ${FTL_COMMON_HEADERS} LIBRARIES fmt::fmt)
ftl_precompiled_headers(ftl_headers_cold COLD HEADERS ${FTL_COMMON_HEADERS} LIBRARIES fmt::fmt)

# ftl_layer(NAME [COLD] [DEPENDS layer...] [LIBRARIES target...] [PRECOMPILE header...]): the static library
# ftl_NAME from src/NAME, with includes written from src/ ("tensor/layout.hpp"). COLD: its own code takes no time
# that anybody would notice. PRECOMPILE: more headers that most of its files include. Files compiled once per ISA
# (*_cpu.cpp) are left to Isa.cmake.
function(ftl_layer name)
  cmake_parse_arguments(ARG "COLD" "" "DEPENDS;LIBRARIES;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_cpu\\.cpp$")
  add_library(ftl_${name} STATIC ${sources})
  target_include_directories(ftl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(ftl_${name} PUBLIC ftl_${dependency})
  endforeach()
  target_link_libraries(ftl_${name} PUBLIC ${ARG_LIBRARIES})
  set(headers ftl_headers)
  if(ARG_COLD)
    target_compile_options(ftl_${name} PRIVATE ${FTL_COLD_OPTIONS})
    set(headers ftl_headers_cold)
  endif()
  if(ARG_PRECOMPILE)
    target_precompile_headers(ftl_${name} PRIVATE ${FTL_COMMON_HEADERS} ${ARG_PRECOMPILE})
  else()
    target_precompile_headers(ftl_${name} REUSE_FROM ${headers})
  endif()
endfunction()

# Gives the layer oneDNN to measure against, where it is installed. Sanitizers do not see into it. The file that
# includes it is a library of its own: only that is compiled anew when oneDNN is installed later.
function(ftl_measure_onednn layer)
  if(NOT ONEDNN_INCLUDE_DIR OR NOT ONEDNN_LIBRARY OR NOT OpenMP_CXX_FOUND OR CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    message(STATUS "oneDNN is left out: ftl bench has no peer (make bench installs it)")
    return()
  endif()
  set(source ${PROJECT_SOURCE_DIR}/src/${layer}/onednn.cpp)
  get_target_property(sources ftl_${layer} SOURCES)
  list(REMOVE_ITEM sources ${source})
  set_target_properties(ftl_${layer} PROPERTIES SOURCES "${sources}")
  add_library(ftl_${layer}_onednn OBJECT ${source})
  target_compile_definitions(ftl_${layer}_onednn PRIVATE FTL_HAS_ONEDNN=1)
  target_compile_options(ftl_${layer}_onednn PRIVATE ${FTL_COLD_OPTIONS})
  target_include_directories(ftl_${layer}_onednn PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(ftl_${layer}_onednn SYSTEM PRIVATE ${ONEDNN_INCLUDE_DIR})
  target_link_libraries(ftl_${layer}_onednn PRIVATE fmt::fmt OpenMP::OpenMP_CXX)
  target_sources(ftl_${layer} PRIVATE $<TARGET_OBJECTS:ftl_${layer}_onednn>)
  target_link_libraries(ftl_${layer} PRIVATE ${ONEDNN_LIBRARY} $<LINK_ONLY:OpenMP::OpenMP_CXX>)
endfunction()
