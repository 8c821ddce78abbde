// ftl eval CKPT
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/json_output.hpp"
#include "engine/make_engine.hpp"
#include "machine/limits.hpp"
#include "run/model_dataset.hpp"
#include "train/evaluator.hpp"

namespace ftl::cli {
namespace {

struct EvalArguments {
  std::string checkpoint;
  DatasetArguments dataset;
  std::string views;
  double views_fraction = 0;  // 0: the recipe's
  int threads = default_threads();
  std::string json;
};

data::Views views_named(const std::string& wanted) {
  return *std::ranges::find_if(data::kAllViews, [&](data::Views views) { return name(views) == wanted; });
}

void eval(const EvalArguments& arguments) {
  check_json_target(arguments.json);
  const run::LoadedModel model = run::load_model(arguments.checkpoint);
  const data::Dataset dataset = run::dataset_for_model(
      model, arguments.checkpoint, open_dataset(arguments.dataset, message_stream(arguments.json)));
  recipe::EvaluationConfig config = model.recipe.evaluation;
  if (!arguments.views.empty()) config = {.views = views_named(arguments.views)};
  if (arguments.views_fraction > 0) {
    if (config.views == data::Views::plain) {
      throw InputError("--views-fraction {}: the plain view is all there is; name --views mirror or six",
                       arguments.views_fraction);
    }
    config.views_fraction = arguments.views_fraction;
  }
  ThreadPool threads(arguments.threads);
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), threads);
  train::Evaluator evaluator({model.graph, dataset, *engine});
  evaluator.load(model.model);
  const std::vector<float> logits = evaluator.plain_logits(dataset.test);
  const loss::Score plain = evaluator.score(logits, dataset.test);
  const loss::Score score = evaluator.score(evaluator.with_views(dataset.test, config, logits), dataset.test);
  std::FILE* messages = message_stream(arguments.json);
  fmt::print(messages, "{} on {} test pictures of {}\n", model.recipe.name, dataset.test.count(),
             dataset.name);
  fmt::print(messages, "{:<20}{:.2f} %  loss {:.4f}\n", "plain", 100 * plain.accuracy, plain.loss);
  if (config.views != data::Views::plain) {
    const std::string share =
        config.views_fraction < 1 ? fmt::format(" ({:g} %)", 100 * config.views_fraction) : std::string();
    fmt::print(messages, "{:<20}{:.2f} %  loss {:.4f}\n", std::string(name(config.views)) + share,
               100 * score.accuracy, score.loss);
  }
  const Json json{{"recipe", model.recipe.name},  {"dataset", dataset.name},
                  {"classes", dataset.classes()}, {"test_images", dataset.test.count()},
                  {"views", name(config.views)},  {"views_fraction", config.views_fraction},
                  {"accuracy", score.accuracy},   {"accuracy_plain", plain.accuracy},
                  {"loss_plain", plain.loss}};
  write_json(arguments.json, json_text(json));
}

}  // namespace

void add_eval_command(Command program) {
  const auto arguments = std::make_shared<EvalArguments>();
  Command command = program.subcommand("eval", "Evaluate a checkpoint on a test split");
  command.option("checkpoint", arguments->checkpoint, "A checkpoint.safetensors of ftl train").required();
  add_dataset_options(command, arguments->dataset);
  std::vector<std::string> names;
  for (const data::Views views : data::kAllViews) names.emplace_back(name(views));
  command.option("--views", arguments->views, "Test-time views: plain, mirror or six; default: the recipe's")
      .one_of(names);
  command
      .option("--views-fraction", arguments->views_fraction,
              "Share of pictures, the least confident ones, that get all views; default: the recipe's")
      .range(1e-6, 1.0);
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.option("--json", arguments->json, "Also write the figures to this file; - for stdout");
  command.action([arguments] { eval(*arguments); });
}

}  // namespace ftl::cli
