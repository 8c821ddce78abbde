#include "data/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/error.hpp"

namespace ftl::data {
namespace {

EVP_MD_CTX* as_context(const std::shared_ptr<void>& context) {
  return static_cast<EVP_MD_CTX*>(context.get());
}

}  // namespace

Digest::Digest(const char* algorithm)
    : context_(EVP_MD_CTX_new(), [](void* context) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }) {
  const EVP_MD* method = EVP_get_digestbyname(algorithm);
  if (method == nullptr || EVP_DigestInit_ex(as_context(context_), method, nullptr) != 1) {
    throw RunError("OpenSSL offers no {} digest", algorithm);
  }
}

Digest& Digest::update(std::string_view bytes) {
  if (EVP_DigestUpdate(as_context(context_), bytes.data(), bytes.size()) != 1) {
    throw RunError("OpenSSL failed to compute a digest");
  }
  return *this;
}

std::string Digest::hexadecimal() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(as_context(context_), value.data(), &size) != 1) {
    throw RunError("OpenSSL failed to compute a digest");
  }
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", value[i]);
  return text;
}

}  // namespace ftl::data
