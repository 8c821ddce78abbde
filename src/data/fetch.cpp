#include "data/fetch.hpp"

#include <curl/curl.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "data/cache.hpp"
#include "data/digest.hpp"

namespace ftl::data {
namespace fs = std::filesystem;
namespace {

constexpr std::array<Publication, 2> kPublications = {
    {{"cifar10", "https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz",
      "c32a1d4ab5d03f1284b67883e8d87530"},
     {"cifar100", "https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz",
      "03b5dce01913d631647c71ecec9e9cb8"}}};

struct Transfer {
  AtomicFile& file;
  Digest digest;
  const FetchProgress& progress;
  std::exception_ptr failure;  // must not pass through libcurl, which is C
};

std::size_t receive(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  try {
    const std::string_view part(bytes, size * count);
    transfer.file.write(part);
    transfer.digest.update(part);
    return part.size();
  } catch (...) {
    transfer.failure = std::current_exception();
    return 0;
  }
}

// A result other than 0 ends the transfer.
int report(void* context, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.progress) transfer.progress(done, total);
  return interrupted() ? 1 : 0;
}

void download(const std::string& address, Transfer& transfer) {
  constexpr long kConnectSeconds = 20;
  constexpr long kStalledSeconds = 30;
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) throw RunError("libcurl cannot be started");
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(curl.get(), CURLOPT_URL, address.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, report);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (interrupted()) throw RunError("{}: the download was interrupted", address);
  if (code != CURLE_OK) {
    throw RunError("{}: cannot be fetched: {}", address,
                   reason[0] != 0 ? reason.data() : curl_easy_strerror(code));
  }
}

bool has_digest(const fs::path& path, std::string_view md5) {
  if (!fs::is_regular_file(path)) return false;
  const MappedFile file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  return Digest("MD5").update(bytes).hexadecimal() == md5;
}

}  // namespace

const Publication& publication(std::string_view name) {
  for (const Publication& known : kPublications) {
    if (known.name == name) return known;
  }
  throw InputError("{}: no published dataset of this name; known: cifar10, cifar100", name);
}

fs::path fetch(const Publication& publication, const fs::path& folder, const FetchProgress& progress) {
  fs::path path = folder / publication.file;
  if (has_digest(path, publication.md5)) return path;
  make_writable_folder(folder, folder == cache_folder() ? kCacheAdvice : "name another one with --out");
  const std::string address = std::string(publication.address) + std::string(publication.file);
  AtomicFile file(path);
  Transfer transfer{file, Digest("MD5"), progress, nullptr};
  download(address, transfer);
  if (const std::string md5 = transfer.digest.hexadecimal(); md5 != publication.md5) {
    throw RunError("{}: has md5 {} instead of the published {}", address, md5, publication.md5);
  }
  file.commit();
  return path;
}

std::optional<std::string> find_dataset() {
  if (const char* data = std::getenv("FTL_DATA"); data != nullptr && *data != '\0') return data;
  const fs::path fetched = cache_folder() / publication("cifar10").file;
  return fs::exists(fetched) ? std::optional(fetched.string()) : std::nullopt;
}

}  // namespace ftl::data
