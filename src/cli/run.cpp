#include <fmt/core.h>

#include <cstdio>
#include <exception>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/commands.hpp"

namespace ftl::cli {
namespace {

int fail(int exit_code, const char* what) {
  fmt::print(stderr, "ftl: {}\n", what);
  return exit_code;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Trains convolutional image classifiers as fast as the hardware allows.", "ftl");
  app.set_version_flag("--version", FTL_VERSION);
  app.require_subcommand(1);
  int exit_code = kDone;
  add_train_command(app, exit_code);
  add_eval_command(app, exit_code);
  add_predict_command(app, exit_code);
  add_data_command(app, exit_code);
  add_recipes_command(app, exit_code);
  add_info_command(app, exit_code);
  try {
    catch_interrupts();
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return fail(kBadInput, error.what());
  } catch (const InputError& error) {
    return fail(kBadInput, error.what());
  } catch (const std::exception& error) {
    return fail(kFailed, error.what());
  }
}

}  // namespace ftl::cli
