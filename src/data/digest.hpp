// Message digests, for telling contents apart and for checking downloads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ftl::data {

class Digest {
 public:
  // `algorithm` as OpenSSL names it: "SHA256", "MD5".
  explicit Digest(const char* algorithm = "SHA256");

  Digest& update(std::string_view bytes);
  // Of all bytes so far, in lower case; ends the digest.
  std::string hexadecimal();

 private:
  std::shared_ptr<void> context_;
};

}  // namespace ftl::data
