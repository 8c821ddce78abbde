// ftl predict CKPT IMAGE...
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "data/picture.hpp"
#include "data/resident_source.hpp"
#include "engine/make_engine.hpp"
#include "machine/limits.hpp"
#include "run/model_file.hpp"
#include "train/evaluator.hpp"

namespace ftl::cli {
namespace {

struct PredictArguments {
  std::string checkpoint;
  std::vector<std::string> images;
  int top = 5;
  int threads = default_threads();
  std::string json;
};

// The pictures as a split of the model's size. Labels are not known and zero.
data::Split read_pictures(const PredictArguments& arguments, const run::LoadedModel& model) {
  struct Pictures {
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> labels;
  };
  const auto pictures = std::make_shared<Pictures>();
  const data::PictureSize size{model.height, model.width};
  for (const std::string& path : arguments.images) {
    const data::Picture picture = data::decode_picture(read_text(path), path);
    const std::size_t offset = pictures->pixels.size();
    pictures->pixels.resize(offset + static_cast<std::size_t>(size.bytes()));
    data::resize(picture.pixels, picture.size, size, std::span(pictures->pixels).subspan(offset));
  }
  pictures->labels.assign(arguments.images.size(), 0);
  return data::resident_split(
      {.size = size, .pixels = pictures->pixels, .labels = pictures->labels, .storage = pictures});
}

// Class indices by falling probability.
std::vector<std::size_t> ranking(const std::vector<double>& probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  return order;
}

void predict(const PredictArguments& arguments) {
  check_json_target(arguments.json);
  const run::LoadedModel model = run::load_model(arguments.checkpoint);
  data::Dataset dataset;
  dataset.class_names = model.class_names;
  dataset.mean = model.mean;
  dataset.standard_deviation = model.standard_deviation;
  dataset.test = read_pictures(arguments, model);
  ThreadPool threads(arguments.threads);
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), threads);
  train::Evaluator evaluator({model.graph, dataset, *engine});
  evaluator.load(model.model);
  const std::vector<float> logits = evaluator.logits(dataset.test, model.recipe.evaluation);
  Json json = Json::array();
  const auto classes = model.class_names.size();
  for (std::size_t i = 0; i < arguments.images.size(); ++i) {
    const std::vector<double> probabilities =
        loss::probabilities(std::span(logits).subspan(i * classes, classes));
    const std::vector<std::size_t> order = ranking(probabilities);
    std::FILE* messages = message_stream(arguments.json);
    fmt::print(messages, "{}\n", arguments.images[i]);
    Json of_image;
    for (std::size_t rank = 0; rank < classes; ++rank) {
      const std::string& name = model.class_names[order[rank]];
      of_image[name] = probabilities[order[rank]];
      if (static_cast<int>(rank) < arguments.top) {
        fmt::print(messages, "  {:<20}{:6.2f} %\n", name, 100 * probabilities[order[rank]]);
      }
    }
    json.push_back({{"image", arguments.images[i]}, {"probabilities", of_image}});
  }
  write_json(arguments.json, json_text(json));
}

}  // namespace

void add_predict_command(Command program) {
  const auto arguments = std::make_shared<PredictArguments>();
  Command command = program.subcommand("predict", "Classify pictures");
  command.option("checkpoint", arguments->checkpoint, "A checkpoint.safetensors of ftl train").required();
  command.option("images", arguments->images, "JPEG or PNG files").required();
  command.option("--top", arguments->top, "Classes to print a picture").positive().show_default();
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.option("--json", arguments->json, "Also write all probabilities to this file; - for stdout");
  command.action([arguments] { predict(*arguments); });
}

}  // namespace ftl::cli
