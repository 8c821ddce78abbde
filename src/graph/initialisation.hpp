// How a parameter begins.
#pragma once

namespace ftl::graph {

enum class Initialisation {
  kaiming_uniform,  // uniform in +-1/sqrt(fan in): PyTorch's default (Kaiming with a = sqrt 5)
  kaiming_normal,   // normal, standard deviation sqrt(2 / fan out) (He et al. 2015), as ResNets use
  dirac,            // kaiming_uniform, then the first `inputs` filters (of each group) pass their channel on
  unit_std,         // kaiming_uniform divided by its own standard deviation
};

}  // namespace ftl::graph
