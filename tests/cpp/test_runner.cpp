// The command-line program of generated projects: options, inputs, outputs, exit codes.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <ts2cpp/c_api.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/exports.hpp>
#include <ts2cpp/io/npz.hpp>
#include <ts2cpp/io/values.hpp>
#include <ts2cpp/runner.hpp>
#include <ts2cpp/tensor.hpp>
#include <unistd.h>
#include <vector>

namespace io = ts2cpp::io;
using ts2cpp::List;
using ts2cpp::Tensor;

namespace {

const std::string kIn = "test_runner_in.npz";
const std::string kOut = "test_runner_out.npz";

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/// Runs main with its streams sent to files.
Outcome run(const ts2cpp::Runner& runner, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "demo_run");
  std::fflush(stdout);
  std::fflush(stderr);
  const int saved_out = dup(1);
  const int saved_err = dup(2);
  REQUIRE(std::freopen("test_runner_stdout.txt", "wb", stdout) != nullptr);
  REQUIRE(std::freopen("test_runner_stderr.txt", "wb", stderr) != nullptr);
  Outcome outcome;
  outcome.code = runner.main(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  std::fflush(stderr);
  dup2(saved_out, 1);
  dup2(saved_err, 2);
  close(saved_out);
  close(saved_err);
  outcome.out = read_text("test_runner_stdout.txt");
  outcome.err = read_text("test_runner_stderr.txt");
  std::remove("test_runner_stdout.txt");
  std::remove("test_runner_stderr.txt");
  return outcome;
}

ts2cpp::Exports make_demo() {
  ts2cpp::Exports exports("demo");
  exports.method("forward", "forward(x: Tensor, n: int = 2) -> Tuple[Tensor, int]", false, [](ts2cpp::Call& call) {
    const auto x = call.input<Tensor>("x");
    const auto n = call.input<std::int64_t>("n", 2);
    call.run([&] {
      ts2cpp::Frame at("demo.py", "Demo.forward");
      at(7);
      if (n < 0) {
        ts2cpp::raise("ValueError", "n is negative: %s %n");
      }
      return std::make_tuple(x, n * 2);
    });
  });
  exports.method("total", "total(xs: List[float]) -> float", false, [](ts2cpp::Call& call) {
    const auto xs = call.input<List<double>>("xs");
    call.run([&] { return ts2cpp::sum(xs); });
  });
  exports.method("nothing", "nothing() -> None", false, [](ts2cpp::Call& call) { call.run([] {}); });
  return exports;
}

const ts2cpp::Exports& demo_exports() {
  static const ts2cpp::Exports exports = make_demo();
  return exports;
}

ts2cpp::Runner demo() { return ts2cpp::Runner(demo_exports()); }

template <class... Values>
void write_inputs(const Values&... values) {
  io::Writer writer;
  (writer.put(values.first, values.second), ...);
  io::write_file(kIn, writer.finish());
}

Tensor sample() { return Tensor::from_data(std::vector<float>{1, 2, 3}, {3}); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("inputs by name and by position, outputs by position") {
  write_inputs(std::make_pair("x", sample()), std::make_pair("n", std::int64_t{4}));
  CHECK(run(demo(), {"--inputs", kIn.c_str(), "--outputs", kOut.c_str()}).code == 0);
  const io::Reader result(io::read_npz(kOut));
  CHECK(result.get<Tensor>("output.0").numel() == 3);
  CHECK(result.get<std::int64_t>("output.1") == 8);

  write_inputs(std::make_pair("arr_0", sample()), std::make_pair("arr_1", std::int64_t{5}));
  CHECK(run(demo(), {"--inputs="
                     "test_runner_in.npz",
                     "--outputs", kOut.c_str(), "--threads", "2"})
            .code == 0);
  CHECK(io::Reader(io::read_npz(kOut)).get<std::int64_t>("output.1") == 10);

  write_inputs(std::make_pair("x", sample()));
  CHECK(run(demo(), {"--inputs", kIn.c_str(), "--outputs", kOut.c_str()}).code == 0);
  CHECK(io::Reader(io::read_npz(kOut)).get<std::int64_t>("output.1") == 4);
}

TEST_CASE("other methods, lists, and results that are nothing") {
  write_inputs(std::make_pair("xs", List<double>{1.5, 2.5}));
  CHECK(run(demo(), {"--method", "total", "--inputs", kIn.c_str(), "--outputs", kOut.c_str()}).code == 0);
  CHECK(io::Reader(io::read_npz(kOut)).get<double>("output") == 4.0);
  write_inputs();
  CHECK(run(demo(), {"--method", "nothing", "--inputs", kIn.c_str(), "--outputs", kOut.c_str()}).code == 0);
  CHECK(io::read_npz(kOut).empty());
}

TEST_CASE("--repeat prints one line") {
  write_inputs(std::make_pair("x", sample()));
  const Outcome outcome =
      run(demo(), {"--inputs", kIn.c_str(), "--outputs", kOut.c_str(), "--warmup", "2", "--repeat", "5"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.rfind("median_us=", 0) == 0);
  CHECK(has(outcome.out, " min_us="));
  CHECK(has(outcome.out, " repeat=5\n"));
}

TEST_CASE("an exception of the program is exit code 3 with its Python line") {
  write_inputs(std::make_pair("x", sample()), std::make_pair("n", std::int64_t{-1}));
  const Outcome outcome = run(demo(), {"--inputs", kIn.c_str(), "--outputs", kOut.c_str()});
  CHECK(outcome.code == 3);
  CHECK(outcome.err == "ValueError: n is negative: %s %n\n  at demo.py:7 in Demo.forward\n");
}

TEST_CASE("faults of the user are exit code 2 with what is wrong") {
  const auto error = [](std::vector<const char*> arguments) {
    const Outcome outcome = run(demo(), std::move(arguments));
    CHECK(outcome.code == 2);
    return outcome.err;
  };
  write_inputs(std::make_pair("x", sample()));
  const char* const in = kIn.c_str();
  const char* const out = kOut.c_str();
  CHECK(has(error({}), "usage: demo_run"));
  CHECK(has(error({"--inputs", in}), "usage"));
  CHECK(has(error({"--inputs"}), "needs a value"));
  CHECK(has(error({"--wrong", "1"}), "unknown option \"--wrong\""));
  CHECK(has(error({"--inputs", in, "--outputs", out, "--threads", "0"}), "--threads needs a whole number"));
  CHECK(has(error({"--inputs", in, "--outputs", out, "--method", "other"}), "there is no method \"other\""));
  CHECK(has(error({"--inputs", "absent.npz", "--outputs", out}), "absent.npz"));
  CHECK(has(error({"--inputs", in, "--outputs", "absent/out.npz"}), "absent/out.npz"));
  CHECK(has(error({"--inputs", in, "--outputs", out, "--method", "total"}), "no parameter for the array \"x\""));
  write_inputs(std::make_pair("x", sample()), std::make_pair("n", 1.5));
  CHECK(has(error({"--inputs", in, "--outputs", out}), "array \"n\": expected an int"));
  write_inputs(std::make_pair("n", std::int64_t{1}));
  CHECK(has(error({"--inputs", in, "--outputs", out}), "there is no array \"x\"; there are: n"));
  io::write_file(kIn, "not an archive");
  CHECK(has(error({"--inputs", in, "--outputs", out}), "not a zip archive"));
}

TEST_CASE("--expected compares") {
  write_inputs(std::make_pair("x", sample()), std::make_pair("n", std::int64_t{4}));
  CHECK(run(demo(), {"--inputs", kIn.c_str(), "--outputs", kOut.c_str()}).code == 0);
  const Outcome same = run(demo(), {"--inputs", kIn.c_str(), "--expected", kOut.c_str()});
  CHECK(same.code == 0);
  CHECK(has(same.out, "output.0: equal"));
  write_inputs(std::make_pair("x", sample()), std::make_pair("n", std::int64_t{5}));
  const Outcome other = run(demo(), {"--inputs", kIn.c_str(), "--expected", kOut.c_str(), "--rtol", "0.1"});
  CHECK(other.code == 1);
  CHECK(has(other.out, "output.1: different"));
  std::remove(kIn.c_str());
  std::remove(kOut.c_str());
}

TEST_CASE("the C interface: calls, results, errors as codes and text") {
  const ts2cpp_api api = ts2cpp::c_api::table(demo_exports());
  CHECK(api.struct_size == sizeof(ts2cpp_api));
  CHECK(api.version == TS2CPP_ABI_VERSION);
  CHECK(api.method_count(&api) == 3);
  CHECK(std::string(api.method(&api, 1)->signature) == "total(xs: List[float]) -> float");
  CHECK(api.method(&api, 3) == nullptr);
  ts2cpp_model* model = nullptr;
  CHECK(api.load_file(&api, "weights", &model) == TS2CPP_BAD_WEIGHTS);
  CHECK(has(api.last_error(), "reads no weights"));
  REQUIRE(api.load(&api, &model) == TS2CPP_OK);

  ts2cpp_values* arguments = nullptr;
  ts2cpp_values* results = nullptr;
  REQUIRE(api.create_values(&arguments) == TS2CPP_OK);
  float data[] = {1, 0, 2, 0, 3};
  std::int64_t shape[] = {3};
  std::int64_t strides[] = {2};
  ts2cpp_tensor x{data, {1, 0}, 1, {TS2CPP_FLOAT, 32, 1}, shape, strides, 0};
  CHECK(api.put_tensor(arguments, "x", &x) == TS2CPP_OK);
  CHECK(api.put_int(arguments, "n", 5) == TS2CPP_OK);
  REQUIRE(api.call(model, "forward", arguments, &results) == TS2CPP_OK);
  CHECK(api.count(results) == 2);
  CHECK(std::string(api.name_at(results, 1)) == "output.1");
  std::int64_t doubled = 0;
  CHECK(api.get_int(results, "output.1", &doubled) == TS2CPP_OK);
  CHECK(doubled == 10);
  ts2cpp_managed_tensor* kept = nullptr;
  CHECK(api.get_managed(results, "output.0", &kept) == TS2CPP_OK);
  api.free_values(results);
  CHECK(kept->tensor.shape[0] == 3);
  CHECK(static_cast<const float*>(kept->tensor.data)[2] == 3.0F);
  kept->deleter(kept);

  CHECK(api.put_int(arguments, "n", -1) == TS2CPP_OK);
  CHECK(api.call(model, "forward", arguments, &results) == TS2CPP_RAISED);
  CHECK(std::string(api.last_error()) == "ValueError: n is negative: %s %n\n  at demo.py:7 in Demo.forward");
  CHECK(std::string(api.last_error_kind()) == "ValueError");
  CHECK(api.put_text(arguments, "n", "five", 4) == TS2CPP_OK);
  CHECK(api.call(model, "forward", arguments, &results) == TS2CPP_BAD_ARGUMENT);
  CHECK(has(api.last_error(), "array \"n\": expected an int"));
  CHECK(api.call(model, "other", arguments, &results) == TS2CPP_BAD_ARGUMENT);
  CHECK(has(api.last_error(), "there are: forward, total, nothing"));
  CHECK(api.call(nullptr, "forward", arguments, &results) == TS2CPP_BAD_ARGUMENT);
  x.dtype.bits = 24;
  CHECK(api.put_tensor(arguments, "x", &x) == TS2CPP_BAD_ARGUMENT);
  CHECK(has(api.last_error(), "no tensor has elements of code 2 with 24 bits"));
  CHECK(api.set_num_threads(0) == TS2CPP_BAD_ARGUMENT);
  api.free_values(arguments);
  api.free_model(model);
}

TEST_CASE("the C interface: memory that is lent is used in place and given back once") {
  const ts2cpp_api api = ts2cpp::c_api::table(demo_exports());
  static int given_back = 0;
  float data[] = {1, 2, 3, 4};
  std::int64_t shape[] = {2, 2};
  ts2cpp_managed_tensor lent{{data, {1, 0}, 2, {TS2CPP_FLOAT, 32, 1}, shape, nullptr, 0},
                             nullptr,
                             [](ts2cpp_managed_tensor*) { ++given_back; }};
  ts2cpp_values* values = nullptr;
  REQUIRE(api.create_values(&values) == TS2CPP_OK);
  CHECK(api.put_managed(values, "x", &lent) == TS2CPP_OK);
  ts2cpp_tensor seen{};
  CHECK(api.get_tensor(values, "x", &seen) == TS2CPP_OK);
  CHECK(seen.data == data);
  CHECK(given_back == 0);
  api.free_values(values);
  CHECK(given_back == 1);
  lent.tensor.device.type = 2;
  REQUIRE(api.create_values(&values) == TS2CPP_OK);
  CHECK(api.put_managed(values, "x", &lent) == TS2CPP_BAD_ARGUMENT);
  CHECK(given_back == 2);
  api.free_values(values);
}
