#include "machine/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/processors.hpp"
#include "support/temporary_folder.hpp"

namespace ftl {
namespace {

namespace fs = std::filesystem;

// A system's files under a folder of the test.
class Limits : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const fs::path file = folder_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  SystemFiles files() const { return {folder_.path()}; }

  void mount_version_2(const std::string& root = "/") {
    write("proc/self/mountinfo", "30 23 0:26 " + root + " /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
  }
  void mount_version_1(const std::string& root = "/") {
    write("proc/self/mountinfo",
          "30 23 0:26 " + root +
              " /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n31 23 0:27 " + root +
              " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  }

  test::TemporaryFolder folder_;
};

constexpr std::int64_t kGigabyte = 1'000'000'000;

TEST_F(Limits, NothingLimitsWhereThereAreNoControlGroups) {
  EXPECT_EQ(processor_quota(files()), std::numeric_limits<double>::infinity());
  EXPECT_EQ(default_threads(files()), available_processors());
  EXPECT_EQ(available_memory(files()), std::numeric_limits<std::int64_t>::max());
}

TEST_F(Limits, TheSystemsAvailableMemoryCounts) {
  write("proc/meminfo", "MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:   2000000 kB\n");
  EXPECT_EQ(available_memory(files()), std::int64_t{2'000'000} * 1024);
}

TEST_F(Limits, TheLeastQuotaUpTheHierarchyOfVersion2Counts) {
  mount_version_2();
  write("proc/self/cgroup", "0::/slice/pod/container\n");
  write("sys/fs/cgroup/slice/pod/container/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/slice/pod/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/slice/cpu.max", "800000 100000\n");
  EXPECT_DOUBLE_EQ(processor_quota(files()), 1.5);
  EXPECT_EQ(default_threads(files()), std::min(2, available_processors()));
}

TEST_F(Limits, HalfAProcessorIsOneThread) {
  mount_version_2();
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(default_threads(files()), 1);
}

TEST_F(Limits, MemoryOfVersion2IsTheLimitLessWhatIsUsedButForCachedFiles) {
  mount_version_2();
  write("proc/self/cgroup", "0::/container\n");
  write("proc/meminfo", "MemAvailable:   20000000 kB\n");
  write("sys/fs/cgroup/container/memory.max", "4000000000\n");
  write("sys/fs/cgroup/container/memory.current", "1500000000\n");
  write("sys/fs/cgroup/container/memory.stat", "anon 1000000000\ninactive_file 500000000\n");
  EXPECT_EQ(available_memory(files()), 3 * kGigabyte);
  write("sys/fs/cgroup/memory.max", "2000000000\n");
  write("sys/fs/cgroup/memory.current", "1800000000\n");
  EXPECT_EQ(available_memory(files()), kGigabyte / 5);
}

TEST_F(Limits, Version1SaysNoLimitByALargeNumberAndMinusOne) {
  mount_version_1();
  write("proc/self/cgroup", "4:memory:/job\n3:cpu,cpuacct:/job\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(processor_quota(files()), std::numeric_limits<double>::infinity());
  EXPECT_EQ(available_memory(files()), std::numeric_limits<std::int64_t>::max());
}

TEST_F(Limits, Version1LimitsUpTheHierarchy) {
  mount_version_1();
  write("proc/self/cgroup", "4:memory:/job/step\n3:cpu,cpuacct:/job/step\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "100000\n");
  write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "50000\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "3000000000\n");
  write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1000000000\n");
  EXPECT_DOUBLE_EQ(processor_quota(files()), 2);
  EXPECT_EQ(available_memory(files()), 2 * kGigabyte);
}

TEST_F(Limits, AContainerThatSeesItsOwnGroupAsTheRootIsLimitedByIt) {
  mount_version_1("/docker/4f1c");
  write("proc/self/cgroup", "4:memory:/docker/4f1c\n3:cpu,cpuacct:/docker/4f1c\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(processor_quota(files()), 3);
}

// Groups that the mount does not show cannot be read; those that it shows limit all the same.
TEST_F(Limits, AGroupOutsideTheMountFallsBackToItsRoot) {
  mount_version_2("/pod");
  write("proc/self/cgroup", "0::/elsewhere\n");
  write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  EXPECT_DOUBLE_EQ(processor_quota(files()), 1);
}

}  // namespace
}  // namespace ftl
