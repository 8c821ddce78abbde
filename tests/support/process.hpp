// Runs a program as its user does and keeps what it says.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace ftl::test {

// A signal that the program sends itself where its work has come to a certain point, whatever the machine's
// speed: just before it renames a file to a name with this ending for the n-th time, as it does with what
// must be there whole or not at all. Needs FTL_SIGNAL_AT_RENAME, the library of signal_at_rename.cpp.
struct SignalAtRename {
  int signal = 0;  // 0: none
  std::string ending{};
  int times = 1;
};

struct ProcessOptions {
  std::vector<std::string> arguments{};              // the program first
  std::map<std::string, std::string> environment{};  // on top of this process's own
  std::filesystem::path folder{};                    // to run in
  std::string interrupt_at{};  // sends SIGINT once this has been printed on stdout; empty: never
  SignalAtRename signal{};
  rlim_t largest_file = RLIM_INFINITY;  // bytes; a longer write fails, as on a full disk
};

struct ProcessResult {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

namespace process_detail {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close(read_end);
    close_write_end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write_end() {
    if (write_end >= 0) close(write_end);
    write_end = -1;
  }
};

[[noreturn]] inline void become(const ProcessOptions& options, const Pipe& out, const Pipe& err) {
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out.write_end, STDOUT_FILENO);
  dup2(err.write_end, STDERR_FILENO);
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
#ifdef FTL_SIGNAL_AT_RENAME
  if (options.signal.signal != 0) {
    setenv("LD_PRELOAD", FTL_SIGNAL_AT_RENAME, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);  // it wants to be the first library
    setenv("SIGNAL_AT_RENAME", std::to_string(options.signal.signal).c_str(), 1);
    setenv("SIGNAL_AT_RENAME_ENDING", options.signal.ending.c_str(), 1);
    setenv("SIGNAL_AT_RENAME_TIMES", std::to_string(options.signal.times).c_str(), 1);
  }
#endif
  if (options.largest_file != RLIM_INFINITY) {
    const rlimit limit{options.largest_file, options.largest_file};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);  // the write then returns an error
  }
  std::vector<char*> arguments;
  for (const std::string& argument : options.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace process_detail

inline ProcessResult run_process(const ProcessOptions& options) {
  process_detail::Pipe out, err;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) process_detail::become(options, out, err);
  out.close_write_end();
  err.close_write_end();
  ProcessResult result;
  bool to_interrupt = !options.interrupt_at.empty();
  std::array<pollfd, 2> streams{{{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    poll(streams.data(), streams.size(), -1);
    for (pollfd& stream : streams) {
      if (stream.fd < 0 || stream.revents == 0) continue;
      std::array<char, 4096> chunk;
      const ssize_t count = read(stream.fd, chunk.data(), chunk.size());
      std::string& text = &stream == &streams[0] ? result.out : result.err;
      if (count > 0) text.append(chunk.data(), static_cast<std::size_t>(count));
      if (count <= 0) stream.fd = -1;  // poll passes over it
    }
    if (to_interrupt && result.out.find(options.interrupt_at) != std::string::npos) {
      kill(child, SIGINT);
      to_interrupt = false;
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace ftl::test
