// Uses one model here and one in other.cpp; both translation units include both headers.
#include <gru_loop/gru_loop.hpp>
#include <lenet/lenet.hpp>

#include <cstdio>

#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/result.hpp>

int run_gru(const char* weights);

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const lenet::LeNet model = lenet::load(argv[1]);
  const ts2cpp::Tensor out = model.forward(ts2cpp::ops::zeros({1, 1, 28, 28}));
  std::printf("lenet %d %d\n", static_cast<int>(out.sizes()[0]), static_cast<int>(out.sizes()[1]));
  const auto refused = ts2cpp::attempt([&] { return model.forward(ts2cpp::ops::zeros({1, 1, 28, 27})); });
  std::printf("%s %s\n", refused.error().kind().c_str(), refused.error().frames().front().file.c_str());
  return run_gru(argv[2]);
}
