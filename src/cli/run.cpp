#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/commands.hpp"

namespace ftl::cli {
namespace {

int fail(int exit_code, std::string_view what) {
  fmt::print(stderr, "ftl: {}\n", what);
  return exit_code;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  Program program("ftl", "Trains convolutional image classifiers as fast as the hardware allows.",
                  FTL_VERSION);
  int exit_code = kDone;
  add_train_command(program.command(), exit_code);
  add_sweep_command(program.command());
  add_ablate_command(program.command());
  add_compare_command(program.command());
  add_scale_command(program.command());
  add_budget_command(program.command());
  add_report_command(program.command());
  add_eval_command(program.command());
  add_predict_command(program.command());
  add_data_command(program.command());
  add_recipes_command(program.command());
  add_profile_command(program.command());
  add_bench_command(program.command());
  add_info_command(program.command());
  try {
    catch_interrupts();
    program.run(arguments);
    return exit_code;
  } catch (const InputError& error) {
    return fail(kBadInput, error.what());
  } catch (const std::exception& error) {
    return fail(kFailed, error.what());
  }
}

}  // namespace ftl::cli
