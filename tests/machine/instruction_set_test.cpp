#include "machine/instruction_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/error.hpp"
#include "base/processors.hpp"

namespace ftl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Sets FTL_ISA for one test and restores what was there.
class SelectIsa : public testing::Test {
 protected:
  SelectIsa() {
    if (const char* value = std::getenv("FTL_ISA")) before_ = value;
    unsetenv("FTL_ISA");
  }
  ~SelectIsa() override {
    unsetenv("FTL_ISA");
    if (!before_.empty()) setenv("FTL_ISA", before_.c_str(), 1);
  }
  static void force(std::string_view isa) { setenv("FTL_ISA", std::string(isa).c_str(), 1); }

 private:
  std::string before_;
};

TEST(IsaCandidates, GoFromTheFastestToGenericWhichAlwaysRuns) {
  const auto& candidates = isa_candidates();
  ASSERT_FALSE(candidates.empty());
  for (std::size_t i = 1; i < candidates.size(); ++i) EXPECT_GT(candidates[i - 1].isa, candidates[i].isa);
  EXPECT_EQ(candidates.back().isa, Isa::generic);
  EXPECT_TRUE(candidates.back().usable);
}

TEST(IsaCandidates, SayWhyOneIsUnusable) {
  for (const IsaStatus& candidate : isa_candidates()) {
    EXPECT_NE(candidate.usable, !candidate.reason.empty()) << name(candidate.isa);
  }
}

TEST(IsaCandidates, NeverOfferOneWithoutThatItBuildsOn) {
  const std::map<Isa, Isa> base{{Isa::amx, Isa::avx512_bf16},    {Isa::avx512_bf16, Isa::avx512_vnni},
                                {Isa::avx512_vnni, Isa::avx512}, {Isa::avx512, Isa::avx2},
                                {Isa::avx_vnni, Isa::avx2},      {Isa::avx2, Isa::generic}};
  std::map<Isa, bool> usable;
  for (const IsaStatus& candidate : isa_candidates()) usable[candidate.isa] = candidate.usable;
  for (const auto& [isa, below] : base) {
    EXPECT_TRUE(usable.at(below) || !usable.at(isa)) << name(isa) << " without " << name(below);
  }
}

TEST_F(SelectIsa, TakesTheFastestUsable) {
  for (const IsaStatus& candidate : isa_candidates()) {
    if (!candidate.usable) continue;
    EXPECT_EQ(select_isa(), candidate.isa);
    break;
  }
  const Isa unforced = select_isa();
  force("");
  EXPECT_EQ(select_isa(), unforced);
}

MATCHER(NamesAllUsable, "") {
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.usable && std::string(arg).find(name(candidate.isa)) == std::string::npos) return false;
  }
  return true;
}

TEST_F(SelectIsa, TakesTheForcedOneOrSaysWhyNot) {
  for (const IsaStatus& candidate : isa_candidates()) {
    force(name(candidate.isa));
    if (candidate.usable) {
      EXPECT_EQ(select_isa(), candidate.isa);
    } else {
      EXPECT_THAT([] { select_isa(); },
                  ThrowsMessage<InputError>(AllOf(HasSubstr(std::string(name(candidate.isa))),
                                                  HasSubstr(candidate.reason), NamesAllUsable())));
    }
  }
}

TEST_F(SelectIsa, RejectsAnUnknownNameAndListsTheUsable) {
  for (const char* unknown : {"sse9", "AVX2", "avx", "avx2 "}) {
    force(unknown);
    EXPECT_THAT([] { select_isa(); }, ThrowsMessage<InputError>(AllOf(HasSubstr(unknown), NamesAllUsable())));
  }
}

TEST(AvailableProcessors, IsAtLeastOne) {
  EXPECT_GE(available_processors(), 1);
}

}  // namespace
}  // namespace ftl
