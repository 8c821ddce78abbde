#include "cli/options.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <optional>

#include "base/error.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A program with one command of each kind of option, and one with commands of its own.
class Options : public testing::Test {
 protected:
  Options() {
    Command measure = program_.command().subcommand("measure", "Measures things");
    measure.option("what", what_, "The things").required();
    measure.option("--runs", runs_, "How often").range(1, 9).show_default();
    measure.option("--share", share_, "Of it").range(0.0, 1.0);
    measure.option("--seed", seed_, "Where to begin").not_negative();
    measure.option("--size", size_, "Of each").positive();
    Option kind = measure.option("--kind", kind_, "Which kind").one_of({"fast", "slow"});
    measure.option("--set", settings_, "A setting").one_value_each();
    measure.flag("--all", all_, "All of them").excludes(kind);
    measure.option("--limit", limit_, "With --kind").needs(kind);
    measure.action([this] { ++done_; });
    Command data = program_.command().subcommand("data", "Handles data");
    data.require_subcommand();
    data.subcommand("info", "Describes data").action([this] { described_ = true; });
  }

  std::string refusal(const std::vector<std::string>& arguments) {
    try {
      program_.run(arguments);
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }
  std::string help(const std::vector<std::string>& arguments) {
    testing::internal::CaptureStdout();
    program_.run(arguments);
    return testing::internal::GetCapturedStdout();
  }

  std::string what_, kind_;
  int runs_ = 3;
  int size_ = 0;
  double limit_ = 0;
  std::optional<double> share_;
  std::uint64_t seed_ = 0;
  std::vector<std::string> settings_;
  bool all_ = false;
  int done_ = 0;
  bool described_ = false;
  Program program_{"tool", "Does things.", "1.2.3"};
};

TEST_F(Options, StoreWhatIsGivenBeforeTheActionRuns) {
  program_.run({"measure", "--runs", "5", "--share=0.5", "--set", "a=1", "--set", "b=2", "stones"});
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(what_, "stones");
  EXPECT_EQ(runs_, 5);
  EXPECT_EQ(share_, 0.5);
  EXPECT_THAT(settings_, ElementsAre("a=1", "b=2"));
  EXPECT_FALSE(all_);
}

TEST_F(Options, KeepTheirDefaultsWhereNothingIsGiven) {
  program_.run({"measure", "stones"});
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(share_, std::nullopt);
}

TEST_F(Options, RefuseWhatIsOutOfRange) {
  EXPECT_THAT(refusal({"measure", "x", "--runs", "10"}), AllOf(HasSubstr("--runs"), HasSubstr("1 to 9")));
  EXPECT_THAT(refusal({"measure", "x", "--runs", "many"}), HasSubstr("--runs"));
  EXPECT_THAT(refusal({"measure", "x", "--share", "1.5"}), HasSubstr("--share"));
  EXPECT_THAT(refusal({"measure", "x", "--seed", "-1"}), HasSubstr("--seed"));
  EXPECT_THAT(refusal({"measure", "x", "--size", "0"}), HasSubstr("--size"));
  EXPECT_THAT(refusal({"measure", "x", "--kind", "odd"}), AllOf(HasSubstr("--kind"), HasSubstr("slow")));
  EXPECT_EQ(done_, 0);
}

TEST_F(Options, RefuseWhatDoesNotGoTogether) {
  EXPECT_THAT(refusal({"measure", "x", "--all", "--kind", "fast"}), HasSubstr("excludes"));
  EXPECT_THAT(refusal({"measure", "x", "--limit", "2"}), HasSubstr("requires --kind"));
  EXPECT_THAT(refusal({"measure"}), HasSubstr("what is required"));
}

TEST_F(Options, RefusalsSayWhichHelpSaysMore) {
  EXPECT_THAT(refusal({"measure", "x", "--fast"}),
              AllOf(HasSubstr("--fast"), HasSubstr("(see tool measure --help)")));
  EXPECT_EQ(refusal({}), "a command is missing; the commands are measure, data (see tool --help)");
  EXPECT_EQ(refusal({"meassure"}),
            "unknown command meassure; the commands are measure, data (see tool --help)");
  EXPECT_EQ(refusal({"data"}), "a command is missing; the commands are info (see tool data --help)");
}

TEST_F(Options, RunOnlyTheCommandThatIsNamed) {
  program_.run({"data", "info"});
  EXPECT_TRUE(described_);
  EXPECT_EQ(done_, 0);
}

TEST_F(Options, HelpAndVersionPrintAndRunNothing) {
  EXPECT_THAT(help({"measure", "--help"}),
              AllOf(HasSubstr("Usage: tool measure [OPTIONS] what"), HasSubstr("[1 - 9]=3"),
                    HasSubstr("Excludes: --kind"), HasSubstr("Needs: --kind")));
  EXPECT_EQ(help({"--version"}), "1.2.3\n");
  EXPECT_EQ(done_, 0);
}

TEST_F(Options, KnowWhetherTheyWereGiven) {
  Command count = program_.command().subcommand("count", "Counts");
  count.option("--from", runs_, "From here");
  count.option("--to", size_, "To here");
  program_.run({"count", "--from", "4"});
  EXPECT_TRUE(count.option_named("--from").given());
  EXPECT_FALSE(count.option_named("--to").given());
  EXPECT_EQ(count.option_named("--to").name(), "--to");
}

}  // namespace
}  // namespace ftl::cli
