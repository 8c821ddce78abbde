// What a trained model makes of its test pictures: which classes it takes for which, and where it is most
// sure and wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/dataset.hpp"

namespace ftl::lab::report {

struct WrongPicture {
  std::int64_t index = 0;  // in the test split
  int truth = 0;
  int predicted = 0;
  double confidence = 0;  // softmax probability of the predicted class
  std::string png;        // a file
};

struct Predictions {
  std::string checkpoint;
  std::string dataset;
  std::int64_t pictures = 0;
  double accuracy = 0;
  std::vector<std::string> class_names;
  std::vector<std::vector<std::int64_t>> confusion;  // [truth][predicted] pictures
  std::vector<WrongPicture> most_confidently_wrong;  // the surest first
};

struct PredictionOptions {
  std::filesystem::path checkpoint;
  const data::Dataset& dataset;
  ThreadPool& threads;
  std::size_t wrong_pictures = 36;  // at most
};

// Evaluates a checkpoint as its recipe does. Throws InputError when checkpoint and dataset do not fit
// together.
Predictions predict(const PredictionOptions& options);

// From logits [count][classes] of the split; the piece of predict() that needs no network.
Predictions judge(std::span<const float> logits, const std::vector<std::string>& class_names,
                  const data::Split& split, std::size_t wrong_pictures);

}  // namespace ftl::lab::report
