// The keys of a layer, one by one: a layer says of each what it is called, where its value is and what is
// allowed; what is done with it, reading it from a recipe or writing it there, is up to who asks.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/keys.hpp"

namespace ftl::graph {

struct LayerDescription;

inline constexpr Range kOutputs{.low = 1,
                                .high = 65'536};  // beyond that a typing error is likelier than a wish

// The values are what a recipe without the key means.
class LayerKeys {
 public:
  virtual ~LayerKeys() = default;

  virtual void boolean(std::string_view key, bool& value) = 0;
  virtual void number(std::string_view key, double& value, const Range& range) = 0;
  virtual void integer(std::string_view key, int& value, const Range& range) = 0;
  // Without the key a recipe is wrong.
  virtual void required_integer(std::string_view key, int& value, const Range& range) = 0;
  virtual void integer_or(std::string_view key, int& value, const Range& range, const Word& word) = 0;
  // One number for both, or [height, width].
  virtual void sides(std::string_view key, int& height, int& width) = 0;
  template <class T, std::size_t N>
  void choice(std::string_view key, T& value, const std::array<Choice<T>, N>& choices) {
    std::array<std::string_view, N> names;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < N; ++i) {
      names[i] = choices[i].name;
      if (choices[i].value == value) chosen = i;
    }
    value = choices[choose(key, chosen, names)].value;
  }

  // The name of an earlier layer; where it is optional, empty without the key.
  virtual void earlier_layer(std::string_view key, std::string& name, bool optional) = 0;
  // One name or an array of them.
  virtual void earlier_layers(std::string_view key, std::vector<std::string>& names) = 0;
  virtual void layers(std::string_view key, std::vector<LayerDescription>& layers) = 0;

  // The layer may only be the network's first.
  virtual void first_only(std::string_view op) = 0;

 protected:
  virtual std::size_t choose(std::string_view key, std::size_t chosen,
                             std::span<const std::string_view> names) = 0;
};

}  // namespace ftl::graph
