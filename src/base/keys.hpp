// What a structure says of its keys in a text: their names, their order and what is allowed. It says so once,
// in a function `keys(Keys&)`, and that serves both ways: reading sets the values that it shows, writing
// writes them.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace ftl {

struct Range {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;   // low itself is not allowed
  bool below_high = false;  // high itself is not allowed

  bool contains(double value) const;
  std::string describe() const;  // "above 0", "from 1 to 5", "in [0, 1)"
};

// Sizes and counts; the upper end only keeps nonsense out.
constexpr Range count_from(double low) {
  return {.low = low, .high = 1'000'000};
}
constexpr Range at_least(double low) {
  return {.low = low};
}
constexpr Range above(double low) {
  return {.low = low, .above_low = true};
}
inline constexpr Range kShare{.low = 0, .high = 1, .below_high = true};  // [0, 1)

// A string that a text may use instead of an integer, e.g. groups = "depthwise".
struct Word {
  std::string_view text;
  int value;
};

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

enum class Presence { optional, required };

// An array of tables.
struct ListForm {
  std::string_view elements;      // what errors call them: "layers"
  std::string_view example;       // of one: "{ op = \"act\" }"
  std::string_view at_least_one;  // "one layer or more"; empty: there may be none, and no such key
  bool written_when_empty = true;
  bool one_a_line = false;
};

// Every function takes the value that is there: what stays when the text does not say the key, or what is
// written. All throw InputError, naming the key in full and what is allowed, for a value of the wrong type or
// out of range and for a required key that is missing.
class Keys {
 public:
  using Visit = std::function<void(Keys&)>;

  virtual ~Keys() = default;

  // Whether values are set; else they are written and stay as they are.
  virtual bool is_reading() const = 0;

  virtual void boolean(std::string_view key, bool& value) = 0;
  virtual void number(std::string_view key, double& value, const Range& range,
                      Presence presence = Presence::optional) = 0;
  virtual void number(std::string_view key, float& value, const Range& range) = 0;
  virtual void integer(std::string_view key, int& value, const Range& range,
                       Presence presence = Presence::optional) = 0;
  virtual void integer_or(std::string_view key, int& value, const Range& range, const Word& word) = 0;
  // An integer for both sides of a window or [height, width].
  virtual void sides(std::string_view key, int& height, int& width, const Range& range) = 0;
  // `allowed` is what a missing key should be.
  virtual void string(std::string_view key, std::string& value, Presence presence = Presence::optional,
                      std::string_view allowed = "a string") = 0;
  // A string that is left out where it is empty.
  virtual void string_if_any(std::string_view key, std::string& value) = 0;
  // One string, or an array of them; at least one, which is written as a string.
  virtual void strings(std::string_view key, std::vector<std::string>& values, std::string_view allowed) = 0;
  // Several names may stand for one value; the first of them is written.
  template <class T, std::size_t N>
  void choice(std::string_view key, T& value, const std::array<Choice<T>, N>& choices,
              Presence presence = Presence::optional);
  // One of these names, by its index.
  virtual void choose(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
                      Presence presence) = 0;

  // A table within this one, written as { key = value, ... } or under a title of its own.
  virtual void table(std::string_view key, const Visit& visit) = 0;
  virtual void section(std::string_view key, const Visit& visit) = 0;
  // `allowed` is what a missing one should be.
  virtual void required_section(std::string_view key, std::string_view allowed, const Visit& visit) = 0;
  // An array of tables: how many there are (when writing, `size`), and each of them, from the first to the
  // last.
  virtual std::size_t list(std::string_view key, std::size_t size, const ListForm& form) = 0;
  virtual void element(std::string_view key, std::size_t index, const ListForm& form, const Visit& visit) = 0;

  // Throws InputError, "KEY must be ALLOWED, not VALUE", unless a key that was shown last is as it should.
  virtual void check(std::string_view key, bool is_allowed, std::string_view allowed) const = 0;

  // A key's full name.
  std::string path(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

 protected:
  // `path` is the table's full name ("optimizer.filters", "network.layers[3]"), empty for the whole text.
  explicit Keys(std::string path) : path_(std::move(path)) {}
  Keys(const Keys&) = default;
  Keys(Keys&&) = default;

  const std::string& own_path() const { return path_; }

 private:
  std::string path_;
};

template <class T, std::size_t N>
void Keys::choice(std::string_view key, T& value, const std::array<Choice<T>, N>& choices,
                  Presence presence) {
  std::array<std::string_view, N> names;
  std::size_t index = N;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = choices[i].name;
    if (index == N && value == choices[i].value) index = i;
  }
  choose(key, index, names, presence);
  if (index < N) value = choices[index].value;
}

}  // namespace ftl
