// The command-line program of a generated project: reads inputs, calls a method, writes or compares outputs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/exports.hpp>
#include <ts2cpp/golden.hpp>
#include <ts2cpp/io/arrays.hpp>
#include <ts2cpp/io/npz.hpp>
#include <ts2cpp/main.hpp>
#include <ts2cpp/number_text.hpp>
#if defined(TS2CPP_PROFILE)
#include <ts2cpp/profile.hpp>
#endif

namespace ts2cpp {

/// What the command line says.
struct RunOptions {
  std::string inputs;
  std::string outputs;
  std::string method;
  std::string weights;
  std::string expected;  // compare with this file; exit code 1 when different
  golden::Tolerance tolerance;
  std::int64_t threads = 0;  // 0: as many as there are
  std::int64_t warmup = 0;
  std::int64_t repeat = 0;
  std::string profile;  // where the samples of a profile build go
};

namespace detail {

/// A fault of the user's side: exit code 2.
struct UsageError {
  std::string message;
};

inline std::int64_t parse_count(std::string_view option, const std::string& text, std::int64_t least) {
  std::int64_t value = -1;
  try {
    value = int_of_text(text);
  } catch (const Error&) {
    value = -1;
  }
  if (value < least || value > 1'000'000'000) {
    throw UsageError{std::string(option) + " needs a whole number from " + std::to_string(least) + " on, not \"" +
                     text + "\""};
  }
  return value;
}

inline double parse_tolerance(std::string_view option, const std::string& text) {
  double value = -1.0;
  try {
    value = float_of_text(text);
  } catch (const Error&) {
    value = -1.0;
  }
  if (!(value >= 0.0)) {
    throw UsageError{std::string(option) + " needs a number from 0 on, not \"" + text + "\""};
  }
  return value;
}

/// Calls the function as often as the options say and prints how long it took.
TS2CPP_COLD inline void measure(const RunOptions& options, const Action& function) {
  for (std::int64_t i = 1; i < options.warmup; ++i) {
    function();
  }
#if defined(TS2CPP_PROFILE)
  if (!options.profile.empty()) {
    std::int64_t calls = 0;
    double seconds = 0.0;
    if (!profile::record(3.0, function, calls, seconds) || !profile::write(options.profile, calls, seconds)) {
      throw detail::UsageError{"cannot profile into " + options.profile};
    }
  }
#endif
  if (options.repeat == 0) {
    return;
  }
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(options.repeat));
  for (std::int64_t i = 0; i < options.repeat; ++i) {
    const Clock::time_point begin = Clock::now();
    function();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  const std::size_t half = times.size() / 2;
  const double median = times.size() % 2 != 0 ? times[half] : (times[half - 1] + times[half]) / 2;
  std::printf("median_us=%s min_us=%s repeat=%lld\n", detail::format_double(median, 'f', 3).c_str(),
              detail::format_double(times.front(), 'f', 3).c_str(), static_cast<long long>(options.repeat));
}

/// Keeps what the first call gave, and measures the next ones.
class Measurement final : public Repeat {
 public:
  Measurement(const RunOptions& options, std::string& image) noexcept : options_(options), image_(image) {}
  void operator()(const Action& method) override {
    image_ = call->results().finish();
    measure(options_, method);
  }

  Call* call = nullptr;

 private:
  const RunOptions& options_;
  std::string& image_;
};

/// The command-line program around the exports of a project.
class Program {
 public:
  Program(const Exports& exports, const std::string& weights)
      : exports_(exports), name_(exports.name()), weights_(exports.has_weights_file() ? weights : "") {}

  TS2CPP_COLD int main(int argc, const char* const* argv) const {
    try {
      const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
      if (std::any_of(arguments.begin(), arguments.end(),
                      [](const std::string& word) { return word == "--help" || word == "-h"; })) {
        std::printf("%s\n", usage().c_str());
        return 0;
      }
      return run(parse(arguments));
    } catch (const UsageError& error) {
      complain(error.message);
      return 2;
    } catch (const Error& error) {  // files and weights
      complain(error.message());
      return 2;
    } catch (const std::exception& error) {
      complain(error.what());
      return 2;
    }
  }

 private:
  /// Names from a file must not drive the terminal: what is no plain character is shown as a question mark.
  TS2CPP_COLD void complain(std::string message) const {
    for (char& c : message) {
      const auto code = static_cast<unsigned char>(c);
      if ((code < 0x20 && c != '\n' && c != '\t') || code >= 0x7F) {
        c = '?';
      }
    }
    std::fprintf(stderr, "%s: %s\n", name_.c_str(), message.c_str());
  }

  TS2CPP_COLD RunOptions parse(const std::vector<std::string>& arguments) const {
    RunOptions options;
    options.weights = weights_;
    options.method = exports_.methods().empty() ? "" : exports_.methods().front().name;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      std::string option = arguments[i];
      std::optional<std::string> value;
      if (const std::size_t equals = option.find('='); equals != std::string::npos) {
        value = option.substr(equals + 1);
        option.resize(equals);
      } else if (i + 1 < arguments.size()) {
        value = arguments[++i];
      }
      if (!set_option(options, option, value)) {
        throw UsageError{"unknown option \"" + option + "\"\n" + usage()};
      }
    }
    if (options.inputs.empty() || (options.outputs.empty() && options.expected.empty() && options.repeat == 0)) {
      throw UsageError{usage()};
    }
    return options;
  }

  TS2CPP_COLD static bool set_option(RunOptions& options, const std::string& option,
                                     const std::optional<std::string>& value) {
    const auto text = [&]() -> const std::string& {
      if (!value) {
        throw UsageError{option + " needs a value"};
      }
      return *value;
    };
    if (option == "--inputs") {
      options.inputs = text();
    } else if (option == "--outputs") {
      options.outputs = text();
    } else if (option == "--method") {
      options.method = text();
    } else if (option == "--weights") {
      options.weights = text();
    } else if (option == "--expected") {
      options.expected = text();
    } else if (option == "--rtol") {
      options.tolerance.rtol = parse_tolerance(option, text());
    } else if (option == "--atol") {
      options.tolerance.atol = parse_tolerance(option, text());
    } else if (option == "--threads") {
      options.threads = parse_count(option, text(), 1);
    } else if (option == "--warmup") {
      options.warmup = parse_count(option, text(), 0);
    } else if (option == "--repeat") {
      options.repeat = parse_count(option, text(), 1);
#if defined(TS2CPP_PROFILE)
    } else if (option == "--profile") {
      options.profile = text();
#endif
    } else {
      return false;
    }
    return true;
  }

  TS2CPP_COLD std::string usage() const {
    std::string text =
        "usage: " + name_ +
        "_run --inputs IN.npz --outputs OUT.npz [--method NAME] [--threads N]\n"
        "       [--warmup W --repeat R] [--weights FILE] [--expected FILE.npz [--rtol R] [--atol A]]\n"
        "  --inputs    one array per parameter, by name, or arr_0, arr_1, ... by position\n"
        "  --outputs   where the results go: output, output.0, output.key\n"
        "  --expected  compare the results with these; exit code 1 if they differ\n"
        "  --repeat    call again R times and print the median (after W calls that are not counted)\n"
        "exit codes: 0 done, 1 different, 2 command line or files at fault, 3 the program raised an error\n"
        "methods:";
    for (const Exports::Method& method : exports_.methods()) {
      text += " " + method.name;
    }
    return text;
  }

  TS2CPP_COLD int run(const RunOptions& options) const {
    if (options.threads > 0) {
      exports_.set_threads(static_cast<int>(std::min<std::int64_t>(options.threads, 1024)));
    }
    const Exports::Method* const method = exports_.find(options.method);
    if (method == nullptr) {
      throw UsageError{"there is no method \"" + options.method + "\"\n" + usage()};
    }
    const io::Reader reader(io::read_npz(options.inputs));
    WeightsSource source;
    if (!options.weights.empty()) {
      source.kind = WeightsSource::Kind::file;
      source.file = options.weights;
    }
    const std::shared_ptr<void> model = exports_.load(source);
    // The outputs are those of the first call: what later ones change may be part of them.
    std::string image;
    Measurement measurement(options, image);
    Call call(reader, model.get(), &measurement);
    measurement.call = &call;
    try {
      method->body(call);
    } catch (const Error& error) {
      if (!call.in_program()) {
        throw UsageError{options.inputs + ": " + error.message()};
      }
      report_exception(error);
      return 3;
    } catch (const std::exception& error) {
      if (!call.in_program()) {
        throw;
      }
      std::fflush(stdout);
      std::fprintf(stderr, "RuntimeError: %s\n", error.what());
      return 3;
    }
    if (!options.outputs.empty()) {
      io::write_file(options.outputs, image);
    }
    return options.expected.empty() ? 0 : compare(options, image);
  }

  TS2CPP_COLD static int compare(const RunOptions& options, const std::string& image) {
    const io::ByteView view{reinterpret_cast<const unsigned char*>(image.data()), image.size()};
    const golden::Report report =
        golden::compare(io::parse_npz(view), io::read_npz(options.expected), options.tolerance);
    std::printf("%s", report.text.c_str());
    return report.equal ? 0 : 1;
  }

  /// The exception and its Python lines, innermost first.
  TS2CPP_COLD static void report_exception(const Error& error) {
    std::fflush(stdout);
    std::string text = error.kind() + ": " + error.message() + "\n";
    for (const TracebackEntry& frame : error.frames()) {
      text += "  at " + frame.file + ":" + std::to_string(frame.line) + " in " + frame.function + "\n";
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
  }

  const Exports& exports_;
  const std::string& name_;
  std::string weights_;
};

}  // namespace detail

/// The command-line program over the exports of a project, whose weights lie at `weights` unless told otherwise.
///
/// Exit codes: 0 done; 1 compared and different; 2 the command line, the inputs or the weights are at fault; 3 the
/// program raised an exception.
class Runner {
 public:
  explicit Runner(const Exports& exports, std::string weights = "") : exports_(exports), weights_(std::move(weights)) {}

  int main(int argc, const char* const* argv) const { return detail::Program(exports_, weights_).main(argc, argv); }

 private:
  const Exports& exports_;
  std::string weights_;
};

template <class Lazy>
TS2CPP_COLD int run_program(const ts2cpp_api* api, const char* weights, int argc, const char* const* argv) {
  if (api == nullptr) {
    std::fprintf(stderr, "the methods of the project are not available\n");
    return 2;
  }
  return Runner(*reinterpret_cast<const Exports*>(api->exports), weights).main(argc, argv);
}

}  // namespace ts2cpp
