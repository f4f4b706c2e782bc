// The amplifier as an audio thread calls it: after a warm-up, 10,000 calls with blocks of changing lengths, while
// allocations, locks and system calls are counted.
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <guitar_amp/guitar_amp.hpp>
#include <ts2cpp/allocator.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace {

volatile std::sig_atomic_t counting = 0;
volatile std::sig_atomic_t allocations = 0;
volatile std::sig_atomic_t locks = 0;
volatile std::sig_atomic_t system_calls = 0;

void note(volatile std::sig_atomic_t& counter) {
  if (counting != 0) {
    counter = counter + 1;
  }
}

/// Whether from now on every system call of this process is a SIGSYS, those that print and end it excepted.
bool watch_system_calls() {
  struct sigaction action = {};
  action.sa_handler = [](int) { system_calls = system_calls + 1; };
  sigaction(SIGSYS, &action, nullptr);
  const auto allow = [](std::uint32_t number) { return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number}; };
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      allow(SYS_write),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      allow(SYS_exit_group),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      allow(SYS_rt_sigreturn),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP},
  };
  const sock_fprog program = {sizeof rules / sizeof *rules, rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

// What the C library and C++ call when they want memory or a lock: glibc's own functions, with a counter before them.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
  note(allocations);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  note(allocations);
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  note(allocations);
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  note(allocations);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  note(allocations);
  *block = __libc_memalign(alignment, size);
  return *block != nullptr ? 0 : 12;
}
void free(void* block) {
  note(allocations);
  __libc_free(block);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static const auto real = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  note(locks);
  return real(mutex);
}
}

int main(int argc, char** argv) {
  constexpr std::int64_t kLongest = 128;
  constexpr int kCalls = 10000;
  if (argc != 2) {
    return 2;
  }
  ts2cpp::set_num_threads(1);
  guitar_amp::Amp amp = guitar_amp::load(argv[1]);
  std::vector<float> samples(kLongest);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<float>(i % 97) / 97.0f - 0.5f;
  }
  float sum = 0.0f;
  const auto play = [&](std::int64_t length) {
    const auto block = ts2cpp::Tensor::external(samples.data(), {length}, ts2cpp::DType::float32);
    const ts2cpp::Tensor out = amp.forward(block);
    sum += out.data<float>()[length - 1];
  };

  // What a plug-in does before the first block: memory for the thread, and a call with the longest block.
  ts2cpp::reserve_thread_memory();
  play(kLongest);
  const guitar_amp::Amp kept = amp;
  amp.reset();
  const bool separate = kept.hidden.data<float>()[0] != 0.0f && amp.hidden.data<float>()[0] == 0.0f;

  const bool watched = watch_system_calls() && (getppid(), system_calls == 1);  // one is seen
  counting = 1;
  for (int i = 0; i < kCalls; ++i) {
    play(1 + i * 7919 % 32);
    if (i % 100 == 0) {
      amp.reset();
    }
  }
  play(kLongest);
  counting = 0;
  std::printf("separate %d allocations %d locks %d system_calls %d sum %g\n", separate ? 1 : 0,
              static_cast<int>(allocations), static_cast<int>(locks), watched ? static_cast<int>(system_calls) - 1 : -1,
              static_cast<double>(sum));
  std::fflush(stdout);
  std::_Exit(0);
}
