// A table, for a terminal, a CSV file or a page.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "lab/report/report.hpp"

namespace ftl::lab::report {

enum class Unit { text, count, fraction, points, number, seconds };

struct Column {
  std::string key;    // for machines
  std::string title;  // for people
  Unit unit = Unit::text;
};

using Field = std::variant<std::string, double>;  // NaN: unknown

struct Table {
  std::string key;  // names its file
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Field>> rows;
};

// Every run; each experiment's cells with its comparison or law; the classes by what they forget and those
// that are taken for others; the surest mistakes; environments. Fractions stay fractions.
std::vector<Table> tables_of(const Report& report);
// A line an epoch and run.
Table epochs_table(const Report& report);
// Experiments over two axes or more as grids (lab/axis_grid.hpp), of accuracy and of seconds.
std::vector<Table> grids_of(const Report& report);

// With aligned columns and accuracies in percent, each line ending in a newline.
std::string to_text(const Table& table);
// By RFC 4180, with a header of keys, figures in full; unknown ones are empty.
std::string to_csv(const Table& table);

}  // namespace ftl::lab::report
