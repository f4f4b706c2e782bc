// Where the time of a call goes.  Empty unless TS2CPP_PROFILE is defined, which the profile build of a project
// (`ts2cpp bench --profile`) does for all of its files.
//
// A timer interrupts the program; every sample is the Python lines that the translated functions are at and the return
// addresses of the C++ stack.  `ts2cpp bench` gives the addresses names.
#pragma once

#if defined(TS2CPP_PROFILE)

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <ts2cpp/error.hpp>

#if !defined(__linux__)
#error "the profile build needs Linux: it samples with POSIX timers and glibc's backtrace()"
#endif

#include <csignal>
#include <ctime>

#include <execinfo.h>
#include <link.h>

namespace ts2cpp::profile {

inline constexpr int kPythonDepth = 16;
inline constexpr int kStackDepth = 48;
inline constexpr std::size_t kSamples = 20000;
inline constexpr long kPeriodNanoseconds = 500'000;

/// What the timer found: the innermost Python functions first.
struct Sample {
  double seconds;
  int python_count;
  int stack_count;
  struct {
    const char* file;
    const char* function;
    int line;
  } python[kPythonDepth];
  void* stack[kStackDepth];
};

/// The samples of one run and the work that was counted meanwhile.  One run at a time.
struct Recording {
  Sample* samples = nullptr;
  volatile std::size_t count = 0;
  double begin = 0.0;
};

inline Recording& recording() noexcept {
  static Recording instance;
  return instance;
}

inline double now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline void take_sample(int) noexcept {
  Recording& all = recording();
  const std::size_t index = all.count;
  const Frame* const innermost = Frame::current();
  if (all.samples == nullptr || index >= kSamples || innermost == nullptr) {
    return;
  }
  Sample& sample = all.samples[index];
  sample.seconds = now() - all.begin;
  sample.python_count = 0;
  for (const Frame* frame = innermost; frame != nullptr && sample.python_count < kPythonDepth; frame = frame->outer()) {
    sample.python[sample.python_count++] = {frame->file(), frame->function(), frame->line()};
  }
  sample.stack_count = backtrace(sample.stack, kStackDepth);
  all.count = index + 1;
}

/// Calls `function` again and again for `seconds`, interrupting it; true if the timer could be set.
template <class F>
bool record(double seconds, F&& function, std::int64_t& calls, double& elapsed) {
  Recording& all = recording();
  static Sample* const samples = new Sample[kSamples];
  void* warm[4];
  backtrace(warm, 4);  // loads the unwinder: not allowed in a signal handler
  struct sigaction action{};
  action.sa_handler = take_sample;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGPROF, &action, nullptr) != 0) {
    return false;
  }
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGPROF;
  timer_t timer{};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    return false;
  }
  all.count = 0;
  all.begin = now();
  all.samples = samples;
  itimerspec period{};
  period.it_interval.tv_nsec = kPeriodNanoseconds;
  period.it_value.tv_nsec = kPeriodNanoseconds;
  timer_settime(timer, 0, &period, nullptr);
  calls = 0;
  do {
    function();
    ++calls;
  } while (now() - all.begin < seconds);
  elapsed = now() - all.begin;
  timer_delete(timer);
  return true;
}

/// Where this program lies in memory: addresses minus this are those of its file.
inline std::uintptr_t load_address() {
  std::uintptr_t base = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) {
        *static_cast<std::uintptr_t*>(result) = info->dlpi_addr;
        return 1;  // the program itself comes first
      },
      &base);
  return base;
}

/// Writes the samples as lines: `calls C`, `seconds S`, then for each sample `sample SECONDS`, `python FILE LINE
/// FUNCTION` from the innermost on, and `stack ADDRESS…`.
inline bool write(const std::string& path, std::int64_t calls, double seconds) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return false;
  }
  const Recording& all = recording();
  const std::uintptr_t base = load_address();
  std::fprintf(file, "calls %lld\nseconds %.9f\n", static_cast<long long>(calls), seconds);
  for (std::size_t i = 0; i < all.count; ++i) {
    const Sample& sample = all.samples[i];
    std::fprintf(file, "sample %.9f\n", sample.seconds);
    for (int k = 0; k < sample.python_count; ++k) {
      std::fprintf(file, "python %s\t%d\t%s\n", sample.python[k].file, sample.python[k].line,
                   sample.python[k].function);
    }
    std::fputs("stack", file);
    for (int k = 0; k < sample.stack_count; ++k) {
      std::fprintf(file, " %llx",
                   static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(sample.stack[k]) - base));
    }
    std::fputc('\n', file);
  }
  return std::fclose(file) == 0;
}

}  // namespace ts2cpp::profile

#endif  // TS2CPP_PROFILE
