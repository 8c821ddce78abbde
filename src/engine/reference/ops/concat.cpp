#include "graph/ops/concat.hpp"

#include "engine/reference/reference_op.hpp"

namespace ftl::engine {
namespace {

template <class Real>
class Concat final : public ReferenceOpOf<Real, graph::ConcatOp> {
 public:
  void forward(const ReferenceNode<Real>& n) const override {
    visit(n, [&](std::size_t whole, ReferenceState<Real>& input, std::size_t part) {
      n.own.value[whole] = input.value[part];
    });
  }

  void backward(const ReferenceNode<Real>& n) const override {
    visit(n, [&](std::size_t whole, ReferenceState<Real>& input, std::size_t part) {
      input.gradient[part] += n.own.gradient[whole];
    });
  }

 private:
  // Calls visit(index in the whole, input, index in the input) for each value.
  template <class Visit>
  static void visit(const ReferenceNode<Real>& n, const Visit& each) {
    std::vector<std::size_t> parts(n.inputs.size(), 0);
    std::size_t whole = 0;
    for (int image = 0; image < n.batch.images; ++image) {
      for (std::size_t i = 0; i < n.inputs.size(); ++i) {
        const std::size_t values = n.input(i).size() / at(n.batch.images);
        for (std::size_t value = 0; value < values; ++value) each(whole++, *n.inputs[i], parts[i]++);
      }
    }
  }
};

}  // namespace

FTL_DEFINE_REFERENCE_PART(Concat, ConcatOp)

}  // namespace ftl::engine
