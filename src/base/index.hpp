// Indices are signed (-1 stands for none); containers want them unsigned.
#pragma once

#include <cstddef>

namespace ftl {

constexpr std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

}  // namespace ftl
