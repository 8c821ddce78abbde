# Embeds the report page's files and the library that draws its charts, so that a report needs nothing beside it.
function(ftl_embed_report layer)
  set(folder ${PROJECT_SOURCE_DIR}/src/${layer}/report)
  # The page's script in the order in which its constants are needed; main.js calls the rest.
  set(scripts elements charts tables experiments runs forgetting predictions main)
  list(TRANSFORM scripts REPLACE "(.+)" "page/\\1.js")
  foreach(file IN ITEMS page.html page.css ${scripts})
    file(READ ${folder}/${file} text)
    cmake_path(GET file EXTENSION kind)
    string(APPEND text_of${kind} "${text}\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${file})
  endforeach()
  set(body "")
  foreach(kind IN ITEMS .html .css .js)
    string(APPEND body "      R\"FTL_PAGE(${text_of${kind}})FTL_PAGE\",\n")
  endforeach()
  set(library "")
  if(CHART_JS)
    file(READ ${CHART_JS} library)
  else()
    message(STATUS "Chart.js is left out: ftl report writes tables but no page")
  endif()
  # Not file(CONFIGURE), which would replace an @name@ in them.
  file(WRITE ${PROJECT_BINARY_DIR}/embedded_page.cpp.new
"#include \"lab/report/embedded_page.hpp\"\n
namespace ftl::lab::report {\n
EmbeddedPage embedded_page() {
  return {\n${body}      R\"FTL_PAGE(${library})FTL_PAGE\"};
}\n
}  // namespace ftl::lab::report\n")
  file(COPY_FILE ${PROJECT_BINARY_DIR}/embedded_page.cpp.new ${PROJECT_BINARY_DIR}/embedded_page.cpp
       ONLY_IF_DIFFERENT)
  target_sources(ftl_${layer} PRIVATE ${PROJECT_BINARY_DIR}/embedded_page.cpp)
endfunction()
