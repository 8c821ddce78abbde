// Forgetting as tables.
#pragma once

#include "lab/report/table.hpp"
#include "train/forgetting_record.hpp"

namespace ftl::lab::report {

// A line each tenth of an epoch since pictures were seen; the last is of the test pictures.
Table forgetting_by_age(const train::ForgettingRecord& record);
// A line each class; first those that lose most.
Table forgetting_by_class(const train::ForgettingRecord& record);
// Of every run that has measured it, each epoch by age. Without rows where none has.
Table forgetting_table(const Report& report);

}  // namespace ftl::lab::report
