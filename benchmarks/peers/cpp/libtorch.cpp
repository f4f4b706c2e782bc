// libtorch with a frozen TorchScript file: libtorch WORKLOAD_FOLDER THREADS
#include <ATen/Parallel.h>
#include <torch/script.h>

#include "worker.hpp"

namespace {

std::vector<at::Tensor> read(const std::string& folder, const std::string& kind) {
  std::vector<at::Tensor> tensors;
  for (const worker::Array& array : worker::read_list(folder, kind)) {
    at::Tensor tensor = at::empty(array.sizes, array.integers ? at::kLong : at::kFloat);
    std::copy(array.bytes.begin(), array.bytes.end(), static_cast<char*>(tensor.data_ptr()));
    tensors.push_back(tensor);
  }
  return tensors;
}

void flatten(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const c10::IValue& item : value.toTupleRef().elements())
      flatten(item, tensors);
  } else if (value.isTensorList()) {
    for (const at::Tensor& item : value.toTensorVector())
      tensors.push_back(item);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const std::string folder = argv[1];
  const c10::InferenceMode guard;
  at::set_num_threads(std::atoi(argv[2]));
  const std::vector<at::Tensor> inputs = read(folder, "inputs");
  torch::jit::Module model = torch::jit::load(folder + "/frozen.pt");
  const auto call = [&] {
    std::vector<at::Tensor> outputs;
    flatten(model.forward(std::vector<c10::IValue>(inputs.begin(), inputs.end())), outputs);
    return outputs;
  };
  const std::vector<at::Tensor> outputs = call();
  const double first = worker::seconds_since_start();
  worker::Error error;
  const std::vector<at::Tensor> expected = read(folder, "expected");
  for (std::size_t k = 0; k < expected.size() && k < outputs.size(); ++k) {
    const at::Tensor a = outputs[k].to(at::kDouble).reshape({-1}).contiguous();
    const at::Tensor b = expected[k].to(at::kDouble).reshape({-1}).contiguous();
    for (std::int64_t i = 0; i < std::min(a.numel(), b.numel()); ++i)
      error.add(a.data_ptr<double>()[i], b.data_ptr<double>()[i]);
  }
  worker::serve(first, error, [&] { call(); });
}
