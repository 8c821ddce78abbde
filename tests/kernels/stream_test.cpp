#include "kernels/stream/stream.hpp"

#include <vector>

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels {
namespace {

class StreamKernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const StreamKernels& kernels = kernels_for(GetParam()).stream;
};

FTL_FOR_EVERY_ISA(StreamKernelsTest);

TEST_P(StreamKernelsTest, ReadSeesEveryNumber) {
  std::vector<std::uint32_t> values(192, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = 1u << (i % 32);
    EXPECT_EQ(kernels.read(values.data(), 192), values[i]) << i;
    values[i] = 0;
  }
}

TEST_P(StreamKernelsTest, WriteAndCopyReachEveryNumberAndNoOther) {
  std::vector<std::uint32_t> from(192), to(192 + 16, 7);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint32_t>(i * i);
  kernels.copy(from.data(), to.data(), 192);
  EXPECT_EQ(std::vector(to.begin(), to.begin() + 192), from);
  kernels.write(to.data(), 128, 9);
  EXPECT_EQ(std::vector(to.begin(), to.begin() + 128), std::vector<std::uint32_t>(128, 9));
  EXPECT_EQ(to[128], from[128]);
  EXPECT_EQ(std::vector(to.begin() + 192, to.end()), std::vector<std::uint32_t>(16, 7));
}

}  // namespace
}  // namespace ftl::kernels
