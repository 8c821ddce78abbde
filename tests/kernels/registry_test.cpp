#include "kernels/registry.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

using namespace test;

TEST(Registry, EveryUsableIsaHasItsOwnKernels) {
  ASSERT_FALSE(usable_isas().empty());
  for (const Isa isa : usable_isas()) EXPECT_EQ(kernels_for(isa).isa, isa);
}

TEST(Registry, AnIsaThatTheMachineLacksHasNone) {
  bool any = false;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.usable) continue;
    any = true;
    EXPECT_THROW(kernels_for(candidate.isa), InputError);
  }
  if (!any) GTEST_SKIP() << "this machine runs every instruction set that ftl is built for";
}

}  // namespace
}  // namespace ftl::kernels
