// The errors that end a command. Their text is one line: what is wrong, where, and what would be right.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace ftl {

// Bad usage or bad input: the command line, a recipe, a data file, a checkpoint. Exit code 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  template <class... Args>
  explicit InputError(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

// Something failed while running: a full disk, a training run that diverged. Exit code 1.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  template <class... Args>
  explicit RunError(fmt::format_string<Args...> format, Args&&... args)
      : std::runtime_error(fmt::format(format, std::forward<Args>(args)...)) {}
};

}  // namespace ftl
