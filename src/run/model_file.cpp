#include "run/model_file.hpp"

#include "base/error.hpp"
#include "run/model_tensors.hpp"

namespace ftl::run {

Checkpoint model_checkpoint(const graph::Model& model, const graph::Graph& graph,
                            const recipe::Recipe& recipe, const data::Dataset& dataset) {
  Checkpoint checkpoint;
  const Json pictures{{"height", dataset.train.size().height},
                      {"width", dataset.train.size().width},
                      {"mean", dataset.mean},
                      {"standard_deviation", dataset.standard_deviation}};
  checkpoint.metadata = {{kKind, kModelKind},
                         {"ftl.recipe", recipe::to_toml(recipe)},
                         {"ftl.classes", Json(dataset.class_names).text()},
                         {"ftl.pictures", pictures.sorted().text()}};
  add_model("", graph, model, checkpoint);
  return checkpoint;
}

LoadedModel load_model(const std::filesystem::path& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  require_kind(checkpoint, kModelKind);
  LoadedModel loaded;
  loaded.recipe = recipe::parse_stored_recipe(metadata(checkpoint, "ftl.recipe"), checkpoint.source);
  try {
    metadata_json(checkpoint, "ftl.classes").get_to(loaded.class_names);
    const Json pictures = metadata_json(checkpoint, "ftl.pictures");
    pictures.at("height").get_to(loaded.height);
    pictures.at("width").get_to(loaded.width);
    pictures.at("mean").get_to(loaded.mean);
    pictures.at("standard_deviation").get_to(loaded.standard_deviation);
  } catch (const JsonError&) {
    throw InputError("{}: its metadata ftl.classes or ftl.pictures is not what ftl writes",
                     checkpoint.source);
  }
  loaded.graph = graph::build_graph(
      loaded.recipe.network, {loaded.height, loaded.width, static_cast<int>(loaded.class_names.size())});
  loaded.model = read_model("", loaded.graph, checkpoint);
  return loaded;
}

}  // namespace ftl::run
