#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/commands.hpp"

namespace ftl::cli {
namespace {

int fail(int exit_code, std::string_view what) {
  fmt::print(stderr, "ftl: {}\n", what);
  return exit_code;
}

// The innermost command that the line names.
const CLI::App& named_command(const CLI::App& app) {
  const std::vector<CLI::App*> named = app.get_subcommands();
  return named.empty() ? app : named_command(*named.front());
}

// "ftl data info"
std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

// What is wrong with the command line, and which --help says what would be right.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = named_command(app);
  std::string problem = error.what();
  const auto subcommands = command.get_subcommands([](const CLI::App*) { return true; });
  if (!subcommands.empty()) {
    std::vector<std::string> names;
    for (const CLI::App* subcommand : subcommands) names.push_back(subcommand->get_name());
    const std::vector<std::string> unknown = app.remaining(true);
    problem =
        fmt::format("{}; the commands are {}",
                    unknown.empty() ? "a command is missing" : fmt::format("unknown command {}", unknown[0]),
                    fmt::join(names, ", "));
  }
  return fmt::format("{} (see {} --help)", problem, full_name(command));
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Trains convolutional image classifiers as fast as the hardware allows.", "ftl");
  app.set_version_flag("--version", FTL_VERSION);
  app.require_subcommand(1);
  int exit_code = kDone;
  add_train_command(app, exit_code);
  add_sweep_command(app);
  add_ablate_command(app);
  add_compare_command(app);
  add_scale_command(app);
  add_budget_command(app);
  add_report_command(app);
  add_eval_command(app);
  add_predict_command(app);
  add_data_command(app);
  add_recipes_command(app);
  add_profile_command(app);
  add_bench_command(app);
  add_info_command(app);
  try {
    catch_interrupts();
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return fail(kBadInput, usage_error(app, error));
  } catch (const InputError& error) {
    return fail(kBadInput, error.what());
  } catch (const std::exception& error) {
    return fail(kFailed, error.what());
  }
}

}  // namespace ftl::cli
