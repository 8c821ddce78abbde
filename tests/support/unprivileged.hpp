// What file permissions forbid, they do not forbid root: a test of them acts as another user.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace ftl::test {

// While it lives, root acts as a user without rights, to whom `folder` is given first. Others stay
// themselves. For single-threaded tests.
class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& folder) : was_root_(geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && (chown(folder.c_str(), kNobody, getegid()) != 0 || seteuid(kNobody) != 0)) {
      throw std::runtime_error("cannot act as another user");
    }
  }
  ~Unprivileged() {
    if (was_root_ && seteuid(0) != 0) std::terminate();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  bool was_root_;
};

}  // namespace ftl::test
