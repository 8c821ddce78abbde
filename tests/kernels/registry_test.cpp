#include "kernels/registry.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "base/error.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;
using testing::HasSubstr;

// FTL_ISA for the length of a test.
class ForcedIsa {
 public:
  explicit ForcedIsa(const std::string& name) {
    if (const char* old = std::getenv("FTL_ISA")) old_ = old;
    setenv("FTL_ISA", name.c_str(), 1);
  }
  ~ForcedIsa() {
    if (old_) {
      setenv("FTL_ISA", old_->c_str(), 1);
    } else {
      unsetenv("FTL_ISA");
    }
  }
  ForcedIsa(const ForcedIsa&) = delete;
  ForcedIsa& operator=(const ForcedIsa&) = delete;

 private:
  std::optional<std::string> old_;
};

// The message of the InputError that select_isa() throws.
std::string refusal() {
  try {
    select_isa();
  } catch (const InputError& error) {
    return error.what();
  }
  return "select_isa() threw no InputError";
}

TEST(Registry, EveryUsableIsaHasItsOwnKernels) {
  ASSERT_FALSE(usable_isas().empty());
  for (const Isa isa : usable_isas()) EXPECT_EQ(kernels_for(isa).isa, isa);
}

TEST(Registry, ForcingAnIsaSelectsIt) {
  for (const Isa isa : usable_isas()) {
    const ForcedIsa forced{std::string(name(isa))};
    EXPECT_EQ(select_isa(), isa);
    EXPECT_EQ(kernels_for(select_isa()).isa, isa);
  }
}

TEST(Registry, AnUnknownIsaIsRefusedWithTheUsableOnes) {
  const ForcedIsa forced("sse9");
  const std::string message = refusal();
  EXPECT_THAT(message, HasSubstr("FTL_ISA=sse9"));
  for (const Isa isa : usable_isas()) EXPECT_THAT(message, HasSubstr(std::string(name(isa))));
}

TEST(Registry, AnIsaThatTheMachineLacksIsRefusedWithTheUsableOnes) {
  bool any = false;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.usable) continue;
    any = true;
    EXPECT_THROW(kernels_for(candidate.isa), InputError);
    const ForcedIsa forced{std::string(name(candidate.isa))};
    const std::string message = refusal();
    EXPECT_THAT(message, HasSubstr(candidate.reason));
    for (const Isa isa : usable_isas()) EXPECT_THAT(message, HasSubstr(std::string(name(isa))));
  }
  if (!any) GTEST_SKIP() << "this machine runs every instruction set that ftl is built for";
}

}  // namespace
}  // namespace ftl::kernels
