#include <lenet/lenet.hpp>

#include <gru_loop/gru_loop.hpp>

#include <cstdio>
#include <tuple>

#include <ts2cpp/ops/factory.hpp>

int run_gru(const char* weights);

int run_gru(const char* weights) {
  const gru_loop::Net model = gru_loop::load(weights);
  const auto result = model.forward(ts2cpp::ops::zeros({3, 1, 128}));
  const ts2cpp::Tensor& out = std::get<0>(result);
  std::printf("gru_loop %d %d\n", static_cast<int>(out.sizes()[0]), static_cast<int>(out.sizes()[1]));
  return 0;
}
