// A training that goes on with an edited network (graph/rewrite/layers.hpp).
#pragma once

#include "graph/graph.hpp"
#include "train/training_state.hpp"

namespace ftl::train {

// The state of `before` for `after`: the model, its average and what optimizers keep, by the parameters'
// names, as graph::carry_over has it (graph/rewrite/carry_over.hpp). What is new in the model is as
// initialised with the state's seed; what is new in optimizers' tensors is 0. An optimizer's steps are those
// of the parameter; a parameter that was not there has no state of its own yet, and ParameterUpdate::restore
// begins it anew. Progress and scores stay.
TrainingState carry_over(const graph::Graph& before, const TrainingState& state, const graph::Graph& after);

}  // namespace ftl::train
