// How well the network still knows the training pictures that it saw a while ago.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "train/evaluator.hpp"
#include "train/forgetting_record.hpp"
#include "train/training_clock.hpp"

namespace ftl::train {

// Training pictures by when they were last drawn: [b] holds those of b to b + 1 tenths of an epoch ago, the
// latest first.
using PicturesByAge = std::array<std::vector<std::int32_t>, kAgeBins>;

// What steps before the clock's next one have drawn of `count` training pictures, by their places in the
// orders of epochs. Selective training (SelectionConfig) draws more pictures than it trains on. Pictures that
// were left over at the end of an epoch have not been drawn for longer than an epoch, and are left out.
PicturesByAge pictures_by_age(const TrainingClock& clock, std::int64_t count, std::uint64_t seed);

// Scores a thousand pictures of each tenth, evenly spread over it, or all where there are fewer, by the model
// that the evaluator has loaded. Run, epoch and `unseen` are left to the caller. Throws Interruption when
// Ctrl-C comes.
ForgettingRecord measure_forgetting(Evaluator& evaluator, const data::Dataset& dataset,
                                    const PicturesByAge& pictures);

}  // namespace ftl::train
