// What a picture is to be taken for.
#pragma once

#include <cstdint>

namespace ftl {

// label_weight of the class `label` and the rest of the class `other`; CutMix mixes two, else label_weight
// is 1.
struct Target {
  std::int32_t label = 0;
  std::int32_t other = 0;
  float label_weight = 1.0f;
};

}  // namespace ftl
