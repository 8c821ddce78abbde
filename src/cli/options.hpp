// Commands and their options, as the rest of the program sees them. The parser behind them is CLI11, which
// options.cpp alone includes: its headers take seconds to compile. Commands and options are handles: they may
// be copied, and are valid as long as their Program.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ftl::cli {

class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option required();
  // Help says what the variable holds now.
  Option show_default();
  // Of a list: each mention takes one value, so that the next word is not another one.
  Option one_value_each();

  // Values that are not so are refused.
  Option range(int lowest, int highest);
  Option range(double lowest, double highest);
  Option positive();
  Option not_negative();
  Option one_of(const std::vector<std::string>& values);

  // Refused beside the other one.
  Option excludes(Option other);
  // Refused without the other one.
  Option needs(Option other);
  // Replaces the help text.
  Option description(const std::string& text);

  // As it is typed: "--runs".
  std::string name() const;
  // Whether the command line has it.
  bool given() const;

 private:
  CLI::Option* option_;
};

class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command subcommand(const std::string& name, const std::string& description);
  // Refuses a command line that names no subcommand.
  void require_subcommand();

  // What is given is stored in `value`, which must live as long as the Program. A name with dashes is an
  // option, one without is a positional argument. Value is std::string, int, double, std::uint64_t,
  // std::optional<int>, std::optional<double> or std::vector<std::string>.
  template <class Value>
  Option option(const std::string& name, Value& value, const std::string& description);
  // An option without a value.
  Option flag(const std::string& name, bool& value, const std::string& description);
  // One that was added before. Throws std::exception where there is none.
  Option option_named(const std::string& name) const;

  // What the command does, after all its options are stored.
  void action(std::function<void()> action);

 private:
  CLI::App* app_;
};

class Program {
 public:
  Program(const std::string& name, const std::string& description, const std::string& version);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // To add subcommands to.
  Command command() { return Command(*app_); }

  // Reads the arguments behind the program's name and runs the action of the subcommand that they name; what
  // that throws goes through. --help and --version print to stdout instead. Throws InputError for a command
  // line that is wrong, saying what is and which --help says what would be right.
  void run(const std::vector<std::string>& arguments);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace ftl::cli
