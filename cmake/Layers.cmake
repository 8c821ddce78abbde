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
