// Errors are values: of a file, of this file's own use of tensors, and of a call.
#include <lenet/lenet.hpp>

#include <cstdio>
#include <vector>

#include <ts2cpp/parallel.hpp>
#include <ts2cpp/result.hpp>

namespace {

ts2cpp::Tensor image(std::int64_t count, ts2cpp::IntSpan sizes) {
  return ts2cpp::Tensor::from_data(std::vector<float>(static_cast<std::size_t>(count)), sizes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  ts2cpp::set_num_threads(1);
  const auto absent = ts2cpp::attempt([] { return lenet::load("absent.safetensors"); });
  const auto model = ts2cpp::attempt([&] { return lenet::load(argv[1]); });
  const auto wrong = ts2cpp::attempt([] { return image(783, {1, 1, 28, 28}); });
  const auto refused = ts2cpp::attempt([&] { return model->forward(image(756, {1, 1, 28, 27})); });
  const auto out = ts2cpp::attempt([&] { return model->forward(image(784, {1, 1, 28, 28})); });
  std::printf("%s %s %s %d %d\n", absent.error().kind().c_str(), wrong.error().kind().c_str(),
              refused.error().frames().front().file.c_str(), static_cast<int>(out->sizes()[0]),
              static_cast<int>(out->sizes()[1]));
  return 0;
}
