#include "cli/options.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

#include "base/error.hpp"

namespace ftl::cli {
namespace {

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

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option Option::one_value_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::range(int lowest, int highest) {
  option_->check(CLI::Range(lowest, highest));
  return *this;
}

Option Option::range(double lowest, double highest) {
  option_->check(CLI::Range(lowest, highest));
  return *this;
}

Option Option::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

Option Option::not_negative() {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}

Option Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option Option::needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option Option::description(const std::string& text) {
  option_->description(text);
  return *this;
}

std::string Option::name() const {
  return option_->get_name();
}

bool Option::given() const {
  return option_->count() > 0;
}

Command Command::subcommand(const std::string& name, const std::string& description) {
  return Command(*app_->add_subcommand(name, description));
}

void Command::require_subcommand() {
  app_->require_subcommand(1);
}

template <class Value>
Option Command::option(const std::string& name, Value& value, const std::string& description) {
  return Option(*app_->add_option(name, value, description));
}

template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, int&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);
template Option Command::option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::option(const std::string&, std::optional<int>&, const std::string&);
template Option Command::option(const std::string&, std::optional<double>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);

Option Command::flag(const std::string& name, bool& value, const std::string& description) {
  return Option(*app_->add_flag(name, value, description));
}

Option Command::option_named(const std::string& name) const {
  return Option(*app_->get_option(name));
}

void Command::action(std::function<void()> action) {
  app_->callback(std::move(action));
}

Program::Program(const std::string& name, const std::string& description, const std::string& version)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

Program::~Program() = default;

void Program::run(const std::vector<std::string>& arguments) {
  try {
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // the last first
  } catch (const CLI::Success& success) {                                         // --help, --version
    app_->exit(success);
  } catch (const CLI::ParseError& error) {
    throw InputError("{}", usage_error(*app_, error));
  }
}

}  // namespace ftl::cli
