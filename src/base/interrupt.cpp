#include "base/interrupt.hpp"

#include <csignal>

namespace ftl {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

extern "C" void note_interrupt(int signal) {
  interrupt_seen = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, note_interrupt);
  std::signal(SIGTERM, note_interrupt);
}

bool interrupted() {
  return interrupt_seen != 0;
}

void throw_if_interrupted() {
  if (interrupted()) throw Interruption();
}

}  // namespace ftl
