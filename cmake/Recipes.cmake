# Embeds recipes/*.toml as raw string literals: recipes are data, and the binary needs no files beside it.
function(ftl_embed_recipes layer)
  file(GLOB recipes CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/recipes/*.toml)
  set(body "")
  foreach(recipe IN LISTS recipes)
    get_filename_component(name ${recipe} NAME_WLE)
    file(READ ${recipe} text)
    string(APPEND body "    {\"${name}\", R\"FTL_TOML(${text})FTL_TOML\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
  endforeach()
  # Not file(CONFIGURE), which would replace an @name@ in a recipe.
  file(WRITE ${PROJECT_BINARY_DIR}/embedded_recipes.cpp.new
"#include \"recipe/embedded_recipes.hpp\"\n
namespace ftl::recipe {\n
std::span<const EmbeddedRecipe> embedded_recipes() {
  static constexpr EmbeddedRecipe kRecipes[] = {\n${body}  };
  return kRecipes;
}\n
}  // namespace ftl::recipe\n")
  file(COPY_FILE ${PROJECT_BINARY_DIR}/embedded_recipes.cpp.new ${PROJECT_BINARY_DIR}/embedded_recipes.cpp
       ONLY_IF_DIFFERENT)
  target_sources(ftl_${layer} PRIVATE ${PROJECT_BINARY_DIR}/embedded_recipes.cpp)
endfunction()

# TensorBoard's event protocol, the messages ftl writes.
function(ftl_event_protocol layer)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/src/${layer}/event.proto)
    return()
  endif()
  set(folder ${PROJECT_BINARY_DIR}/protocol)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${folder}/event.pb.cc ${folder}/event.pb.h
                     COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/src/${layer}
                             --cpp_out=${folder} event.proto
                     DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/event.proto)
  add_library(ftl_event_protocol STATIC ${folder}/event.pb.cc)
  target_link_libraries(ftl_event_protocol PUBLIC protobuf::libprotobuf)
  target_include_directories(ftl_event_protocol SYSTEM PUBLIC ${folder})
  target_compile_options(ftl_event_protocol PRIVATE -w ${FTL_COLD_OPTIONS})
  target_link_libraries(ftl_${layer} PRIVATE ftl_event_protocol)
endfunction()
