// The subcommands of ftl. Each file *_command.cpp adds one to the program; its action does the work through
// the layers below and prints. Errors are exceptions (base/error.hpp), turned into exit codes in one place
// (run).
#pragma once

#include <string>
#include <vector>

#include "cli/options.hpp"

namespace ftl::cli {

// What a command takes when no recipe is named.
inline constexpr const char* kDefaultRecipe = "speedrun";

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kTargetMissed = 3;

// Each adds its subcommand; the action of train sets exit_code when it is not kDone.
void add_train_command(Command program, int& exit_code);
void add_sweep_command(Command program);
void add_ablate_command(Command program);
void add_eval_command(Command program);
void add_predict_command(Command program);
void add_data_command(Command program);
void add_recipes_command(Command program);
void add_bench_command(Command program);
void add_profile_command(Command program);
void add_report_command(Command program);
void add_compare_command(Command program);
void add_scale_command(Command program);
void add_budget_command(Command program);
void add_info_command(Command program);

// The whole program, given the arguments behind its name: runs one subcommand, prints an error as one line on
// stderr, returns the exit code.
int run(const std::vector<std::string>& arguments);

}  // namespace ftl::cli
