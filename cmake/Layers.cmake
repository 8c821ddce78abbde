# ftl_layer(NAME [DEPENDS layer...] [LIBRARIES target...]): the static library ftl_NAME from src/NAME, with
# includes written from src/ ("tensor/layout.hpp"). Files compiled once per ISA (*_cpu.cpp) are left to Isa.cmake.
function(ftl_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_cpu\\.cpp$")
  add_library(ftl_${name} STATIC ${sources})
  target_include_directories(ftl_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(ftl_${name} PUBLIC ftl_${dependency})
  endforeach()
  target_link_libraries(ftl_${name} PUBLIC ${ARG_LIBRARIES})
endfunction()

# Gives the layer oneDNN to measure against, where it is installed. Sanitizers do not see into it.
function(ftl_measure_onednn layer)
  if(NOT ONEDNN_INCLUDE_DIR OR NOT ONEDNN_LIBRARY OR NOT OpenMP_CXX_FOUND OR CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    message(STATUS "oneDNN is left out: ftl bench has no peer")
    return()
  endif()
  target_compile_definitions(ftl_${layer} PRIVATE FTL_HAS_ONEDNN=1)
  target_include_directories(ftl_${layer} SYSTEM PRIVATE ${ONEDNN_INCLUDE_DIR})
  target_link_libraries(ftl_${layer} PRIVATE ${ONEDNN_LIBRARY} OpenMP::OpenMP_CXX)
endfunction()
