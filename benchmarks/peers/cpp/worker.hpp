// What the C++ workers share: the arrays of a workload, and the protocol that worker.py describes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace worker {

/// A dense array of float or int64 as its bytes.
struct Array {
  std::vector<std::int64_t> sizes;
  bool integers = false;
  std::vector<char> bytes;

  std::size_t count() const { return bytes.size() / (integers ? 8 : 4); }
  double at(std::size_t i) const {
    return integers ? static_cast<double>(reinterpret_cast<const std::int64_t*>(bytes.data())[i])
                    : static_cast<double>(reinterpret_cast<const float*>(bytes.data())[i]);
  }
};

inline std::vector<Array> read_list(const std::string& folder, const std::string& kind) {
  std::vector<Array> arrays;
  std::ifstream list(folder + "/" + kind + ".txt");
  std::string line;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    std::string file;
    std::string dtype;
    std::size_t rank = 0;
    words >> file >> dtype >> rank;
    Array array;
    array.integers = dtype == "i64";
    std::int64_t count = 1;
    for (std::size_t d = 0; d < rank; ++d) {
      std::int64_t size = 0;
      words >> size;
      array.sizes.push_back(size);
      count *= size;
    }
    array.bytes.resize(static_cast<std::size_t>(count) * (array.integers ? 8 : 4));
    std::ifstream data(folder + "/" + file, std::ios::binary);
    data.read(array.bytes.data(), static_cast<std::streamsize>(array.bytes.size()));
    arrays.push_back(std::move(array));
  }
  return arrays;
}

/// The greatest difference from what was expected, and the greatest value expected.
struct Error {
  double worst = 0.0;
  double scale = 0.0;

  void add(double found, double expected) {
    const double difference = std::fabs(found - expected);
    worst = difference <= worst ? worst : difference;
    scale = std::max(scale, std::fabs(expected));
  }
};

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double seconds_since_start() {
  const char* const begin = std::getenv("BENCHMARK_START");
  const double wall = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return begin == nullptr ? 0.0 : wall - std::atof(begin);
}

/// Tells that the first call is done, then calls when told to; never returns.
template <class Call>
[[noreturn]] void serve(double first, const Error& error, Call&& call) {
  for (int i = 0; i < 3; ++i) {
    call();
  }
  std::printf("{\"event\": \"ready\", \"first\": %.4f, \"error\": %.6e, \"scale\": %.6e}\n", first, error.worst,
              error.scale);
  std::fflush(stdout);
  std::string word;
  while (std::cin >> word && word != "quit") {
    double seconds = 0.0;
    std::size_t least = 0;
    std::cin >> seconds >> least;
    std::vector<double> times;
    const double begin = now();
    while ((times.size() < least || now() - begin < seconds) && !(times.size() >= 3 && now() - begin > 6 * seconds)) {
      const double start = now();
      call();
      times.push_back((now() - start) * 1e6);
    }
    std::sort(times.begin(), times.end());
    std::printf("{\"event\": \"round\", \"calls\": %zu, \"fastest\": %.3f, \"median\": %.3f}\n", times.size(), times[0],
                times[times.size() / 2]);
    std::fflush(stdout);
  }
  std::ifstream status("/proc/self/status");
  std::string line;
  long peak = 0;
  while (std::getline(status, line)) {
    if (line.rfind("VmHWM:", 0) == 0) {
      peak = std::atol(line.c_str() + 6);
    }
  }
  std::printf("{\"event\": \"bye\", \"peak_kb\": %ld}\n", peak);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace worker
