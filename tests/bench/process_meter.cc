#include "bench/process_meter.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

namespace signalbox::bench {

namespace {

void for_each_thread(pid_t pid, const std::function<void(const std::filesystem::path&)>& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(fmt::format("/proc/{}/task", pid), error), end; at != end;
       at.increment(error)) {
    visit(at->path());
  }
}

void allow(pid_t pid, const cpu_set_t& cores) {
  for_each_thread(pid, [&cores](const std::filesystem::path& thread) {
    ::sched_setaffinity(std::atoi(thread.filename().c_str()), sizeof cores, &cores);
  });
}

}  // namespace

std::uint64_t cpu_ns(pid_t pid) {
  std::uint64_t sum = 0;
  for_each_thread(pid, [&sum](const std::filesystem::path& thread) {
    std::uint64_t ran = 0;  // the first of schedstat's figures
    std::ifstream(thread / "schedstat") >> ran;
    sum += ran;
  });
  return sum;
}

void pin(pid_t pid, int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  allow(pid, cores);
}

void keep_off(pid_t pid, int core) {
  const auto count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int i = 0; i < count; ++i) {
    if (i != core || count == 1) CPU_SET(i, &cores);
  }
  allow(pid, cores);
}

void raise_own_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace signalbox::bench
