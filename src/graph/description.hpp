// A network as its recipe describes it: a list of layers, each applied to the one before, some naming an
// earlier output. Sizes are not known here: they follow from the pictures and the class count
// (graph/graph.hpp).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "kernels/activation/activation.hpp"
#include "kernels/pool/pool.hpp"

namespace ftl::graph {

enum class Initialisation {
  kaiming_uniform,  // uniform in +-1/sqrt(fan in): PyTorch's default (Kaiming with a = sqrt 5)
  kaiming_normal,   // normal, standard deviation sqrt(2 / fan out) (He et al. 2015), as ResNets use
  dirac,            // kaiming_uniform, then the first `inputs` filters (of each group) pass their channel on
  unit_std,         // kaiming_uniform divided by its own standard deviation
};

struct ConvolutionDescription {
  int out = 0;
  int kernel_height = 3;
  int kernel_width = 3;
  int stride = 1;
  int pad = -1;    // on every side; -1: kernel / 2 ("same"), for square kernels of odd size only
  int groups = 1;  // 0: depthwise, one group a channel
  bool bias = false;
  Initialisation initialisation = Initialisation::kaiming_uniform;

  friend bool operator==(const ConvolutionDescription&, const ConvolutionDescription&) = default;
};

// A frozen convolution whose filters are the eigenvectors of the training patches' covariance, each divided
// by sqrt(eigenvalue + eps) (Page, "How to train your ResNet"). Must be the first layer; no padding.
struct WhiteningDescription {
  int kernel = 2;
  bool negatives = false;  // the filters and their negatives: out = 2 * 3 * kernel^2 instead of 3 * kernel^2
  double eps = 5e-4;
  int images = 5000;  // of the training split, evenly spaced; 0: all
  bool bias = false;  // learned

  friend bool operator==(const WhiteningDescription&, const WhiteningDescription&) = default;
};

struct LinearDescription {
  int out = 0;  // 0: the number of classes
  bool bias = false;
  // Of the last layer: a bias that training leaves at 0, for train/class_balance.hpp. Not together with bias.
  bool balance = false;
  Initialisation initialisation = Initialisation::kaiming_uniform;

  friend bool operator==(const LinearDescription&, const LinearDescription&) = default;
};

struct BatchNormDescription {
  bool scale = false;  // gamma learned; else frozen at 1
  bool bias = true;    // beta learned; else frozen at 0
  double eps = 1e-5;
  double momentum = 0.1;  // running = (1 - momentum) * running + momentum * batch

  friend bool operator==(const BatchNormDescription&, const BatchNormDescription&) = default;
};

struct ActivationDescription {
  kernels::ActivationKind kind = kernels::ActivationKind::relu;

  friend bool operator==(const ActivationDescription&, const ActivationDescription&) = default;
};

struct PoolDescription {
  kernels::PoolKind kind = kernels::PoolKind::max;
  bool global = false;
  int kernel = 2;
  int stride = 2;
  int pad = 0;

  friend bool operator==(const PoolDescription&, const PoolDescription&) = default;
};

// Multiplies by sigmoid(W2 f(W1 mean(from) + b1) + b2), W1: C -> C / ratio (Hu et al. 2018).
struct SqueezeExciteDescription {
  std::string from;  // a named output; empty: this layer's own input
  int ratio = 16;
  kernels::ActivationKind activation = kernels::ActivationKind::relu;

  friend bool operator==(const SqueezeExciteDescription&, const SqueezeExciteDescription&) = default;
};

struct LayerDescription;

// Adds a named earlier output, taken through `shortcut` first when that is not empty.
struct AddDescription {
  std::string from;
  std::vector<LayerDescription> shortcut;

  friend bool operator==(const AddDescription&, const AddDescription&) = default;
};

struct LayerDescription {
  std::string
      name;  // empty: a name is made from the kind and a number. Names this layer's output and parameters.
  std::variant<ConvolutionDescription, WhiteningDescription, LinearDescription, BatchNormDescription,
               ActivationDescription, PoolDescription, SqueezeExciteDescription, AddDescription>
      layer;
  double train_until = 0;  // epochs; afterwards its parameters stay as they are. 0: never

  friend bool operator==(const LayerDescription&, const LayerDescription&) = default;
};

// What the convolutions of a training step multiply: bf16 numbers, or 8-bit integers in the passes that those
// suit (kernels::suits_int8).
enum class Products { bf16, int8 };

struct NetworkDescription {
  Products products = Products::bf16;
  double width = 1.0;        // multiplies every convolution's `out`, rounded to a multiple of 8 (at least 8)
  double logit_scale = 1.0;  // on the last layer's output
  std::vector<LayerDescription> layers;

  friend bool operator==(const NetworkDescription&, const NetworkDescription&) = default;
};

}  // namespace ftl::graph
