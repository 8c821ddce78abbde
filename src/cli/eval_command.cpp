// ftl eval CKPT
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/json_output.hpp"
#include "train/evaluator.hpp"
#include "train/training_state.hpp"

namespace ftl::cli {
namespace {

struct EvalArguments {
  std::string checkpoint;
  DatasetArguments dataset;
  std::string views;
  double views_fraction = 0;  // 0: the recipe's
  int threads = available_processors();
  std::string json;
};

const std::map<std::string, data::Views> kViews{
    {"plain", data::Views::plain}, {"mirror", data::Views::mirror}, {"six", data::Views::six}};

std::string name_of(data::Views views) {
  for (const auto& [name, kind] : kViews) {
    if (kind == views) return name;
  }
  return "";
}

// Says how the classes of a dataset and those of a model differ.
std::string difference(const std::vector<std::string>& dataset, const std::vector<std::string>& model) {
  if (dataset.size() != model.size()) return fmt::format("{} classes, not {}", dataset.size(), model.size());
  const auto [theirs, ours] = std::mismatch(dataset.begin(), dataset.end(), model.begin());
  return fmt::format("{} as class {}, not {}", *theirs, theirs - dataset.begin(), *ours);
}

// The dataset's pictures, seen as the model was trained to see them.
data::Dataset fitting_dataset(const EvalArguments& arguments, const train::LoadedModel& model) {
  data::Dataset dataset = open_dataset(arguments.dataset, message_stream(arguments.json));
  if (dataset.class_names != model.class_names) {
    throw InputError("{}: was trained on other classes: {} has {}", arguments.checkpoint, dataset.name,
                     difference(dataset.class_names, model.class_names));
  }
  if (dataset.test.height != model.height || dataset.test.width != model.width) {
    throw InputError("{}: was trained on {}x{} pictures, but those of {} are {}x{}", arguments.checkpoint,
                     model.width, model.height, dataset.name, dataset.test.width, dataset.test.height);
  }
  dataset.mean = model.mean;
  dataset.standard_deviation = model.standard_deviation;
  return dataset;
}

void eval(const EvalArguments& arguments) {
  check_json_target(arguments.json);
  const train::LoadedModel model = train::load_model(arguments.checkpoint);
  const data::Dataset dataset = fitting_dataset(arguments, model);
  train::EvaluationConfig config = model.recipe.evaluation;
  if (!arguments.views.empty()) config = {.views = kViews.at(arguments.views)};
  if (arguments.views_fraction > 0) config.views_fraction = arguments.views_fraction;
  ThreadPool threads(arguments.threads);
  train::Evaluator evaluator({model.graph, dataset, kernels::kernels_for(select_isa()), threads});
  evaluator.load(model.model);
  const train::Score plain = evaluator.score(dataset.test, {});
  const train::Score score =
      config.views == data::Views::plain ? plain : evaluator.score(dataset.test, config);
  std::FILE* messages = message_stream(arguments.json);
  fmt::print(messages, "{} on {} test pictures of {}\n", model.recipe.name, dataset.test.count, dataset.name);
  fmt::print(messages, "{:<20}{:.2f} %  loss {:.4f}\n", "plain", 100 * plain.accuracy, plain.loss);
  if (config.views != data::Views::plain) {
    const std::string share =
        config.views_fraction < 1 ? fmt::format(" ({:g} %)", 100 * config.views_fraction) : std::string();
    fmt::print(messages, "{:<20}{:.2f} %  loss {:.4f}\n", name_of(config.views) + share, 100 * score.accuracy,
               score.loss);
  }
  const nlohmann::ordered_json json{
      {"recipe", model.recipe.name},    {"dataset", dataset.name},
      {"classes", dataset.classes()},   {"test_images", dataset.test.count},
      {"views", name_of(config.views)}, {"views_fraction", config.views_fraction},
      {"accuracy", score.accuracy},     {"accuracy_plain", plain.accuracy},
      {"loss_plain", plain.loss}};
  write_json(arguments.json, json.dump(2) + "\n");
}

}  // namespace

void add_eval_command(CLI::App& app, int& /*exit_code*/) {
  const auto arguments = std::make_shared<EvalArguments>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate a checkpoint on a test split");
  command->add_option("checkpoint", arguments->checkpoint, "A checkpoint.safetensors of ftl train")
      ->required();
  add_dataset_options(*command, arguments->dataset);
  command
      ->add_option("--views", arguments->views,
                   "Test-time views: plain, mirror or six; default: the recipe's")
      ->check(CLI::IsMember({"plain", "mirror", "six"}));
  command
      ->add_option("--views-fraction", arguments->views_fraction,
                   "Share of pictures, the least confident ones, that get all views; default: the recipe's")
      ->check(CLI::Range(1e-6, 1.0));
  command->add_option("--threads", arguments->threads, "Threads; default: every processor")
      ->check(CLI::Range(1, 1024));
  command->add_option("--json", arguments->json, "Also write the figures to this file; - for stdout");
  command->callback([arguments] { eval(*arguments); });
}

}  // namespace ftl::cli
