// What model files and training states share: a model's tensors by name, and what a file says it is.
#pragma once

#include <string>

#include "base/json.hpp"
#include "graph/model.hpp"
#include "run/checkpoint.hpp"

namespace ftl::run {

inline constexpr const char* kKind = "ftl.kind";  // the metadata that says what a file holds
inline constexpr const char* kModelKind = "model";
inline constexpr const char* kStateKind = "training state";

// Adds a model's parameters and running statistics under their names, each behind `prefix`.
void add_model(const std::string& prefix, const graph::Graph& graph, const graph::Model& model,
               Checkpoint& checkpoint);
// The model that add_model added. Throws InputError naming the file and the tensor that does not fit.
graph::Model read_model(const std::string& prefix, const graph::Graph& graph, const Checkpoint& checkpoint);

// A key of the metadata. Throw InputError naming the file when it has no such key, or when it is no JSON.
const std::string& metadata(const Checkpoint& checkpoint, const std::string& key);
Json metadata_json(const Checkpoint& checkpoint, const std::string& key);
// Throws InputError naming the file when it holds something else.
void require_kind(const Checkpoint& checkpoint, const char* kind);

}  // namespace ftl::run
