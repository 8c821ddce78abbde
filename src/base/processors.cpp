#include "base/processors.hpp"

#include <sched.h>

namespace ftl {

int available_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return 1;
}

}  // namespace ftl
