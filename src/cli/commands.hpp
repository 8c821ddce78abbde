// The subcommands of ftl. Each file *_command.cpp adds one to the parser; its callback does the work through
// the layers below and prints. Errors are exceptions (base/error.hpp), turned into exit codes in one place
// (run).
#pragma once

#include <CLI/CLI.hpp>

namespace ftl::cli {

// What a command takes when no recipe is named.
inline constexpr const char* kDefaultRecipe = "speedrun";

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kTargetMissed = 3;

// Each adds its subcommand; the callback of train sets exit_code when it is not kDone.
void add_train_command(CLI::App& app, int& exit_code);
void add_sweep_command(CLI::App& app);
void add_ablate_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_predict_command(CLI::App& app);
void add_data_command(CLI::App& app);
void add_recipes_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_profile_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_scale_command(CLI::App& app);
void add_budget_command(CLI::App& app);
void add_info_command(CLI::App& app);

// The whole program: parses, runs one subcommand, prints an error as one line on stderr, returns the exit
// code.
int run(int argc, char** argv);

}  // namespace ftl::cli
