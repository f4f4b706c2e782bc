#include <lenet/lenet.hpp>

#include <cstdio>

#include <ts2cpp/ops/factory.hpp>

namespace {

/// Whether the model says of what was never given a value that it was not.
bool refuses(const lenet::LeNet& model, const ts2cpp::Tensor& x) {
  try {
    model.forward(x);
  } catch (const ts2cpp::Error& error) {
    return error.kind() == "RuntimeError" && error.message().find("before it has a value") != std::string::npos;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const lenet::LeNet model = lenet::load(argv[1]);
  const ts2cpp::Tensor x = ts2cpp::ops::zeros({1, 1, 28, 28});
  const ts2cpp::Tensor out = model.forward(x);
  std::printf("%d %d\n", static_cast<int>(out.sizes()[0]), static_cast<int>(out.sizes()[1]));
  return refuses(model, ts2cpp::Tensor()) && refuses(lenet::LeNet(), x) ? 0 : 1;
}
