#include "engine/reference/reference_op.hpp"

#include <typeindex>
#include <unordered_map>

namespace ftl::engine {

template <class Real>
const ReferenceOp<Real>& reference_op(const graph::Op& op) {
  static const auto by_kind = [] {
    std::unordered_map<std::type_index, const ReferenceOp<Real>*> parts;
#define FTL_ADD_REFERENCE_PART(KIND)                                                         \
  {                                                                                          \
    const ReferenceOp<Real>& part = reference_part<Real>(std::type_identity<graph::KIND>{}); \
    parts.emplace(part.kind(), &part);                                                       \
  }
    FTL_FOR_EVERY_OP(FTL_ADD_REFERENCE_PART)
#undef FTL_ADD_REFERENCE_PART
    return parts;
  }();
  return *by_kind.at(typeid(op));
}

template const ReferenceOp<float>& reference_op(const graph::Op& op);
template const ReferenceOp<double>& reference_op(const graph::Op& op);

}  // namespace ftl::engine
