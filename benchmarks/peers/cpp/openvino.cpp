// OpenVINO in float32, tuned for latency: openvino WORKLOAD_FOLDER THREADS
#include <openvino/openvino.hpp>

#include "worker.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  const std::string folder = argv[1];
  ov::Core core;
  ov::CompiledModel model =
      core.compile_model(folder + "/openvino.xml", "CPU",
                         ov::AnyMap{{ov::hint::performance_mode.name(), ov::hint::PerformanceMode::LATENCY},
                                    {ov::num_streams.name(), ov::streams::Num(1)},
                                    {ov::inference_num_threads.name(), std::atoi(argv[2])},
                                    {ov::hint::inference_precision.name(), ov::element::f32},
                                    {ov::hint::enable_cpu_pinning.name(), false}});
  ov::InferRequest request = model.create_infer_request();
  const std::vector<worker::Array> inputs = worker::read_list(folder, "inputs");
  for (std::size_t k = 0; k < inputs.size() && k < model.inputs().size(); ++k) {
    ov::Tensor tensor(inputs[k].integers ? ov::element::i64 : ov::element::f32,
                      ov::Shape(inputs[k].sizes.begin(), inputs[k].sizes.end()));
    std::copy(inputs[k].bytes.begin(), inputs[k].bytes.end(), static_cast<char*>(tensor.data()));
    request.set_input_tensor(k, tensor);
  }
  request.infer();
  const double first = worker::seconds_since_start();
  worker::Error error;
  const std::vector<worker::Array> expected = worker::read_list(folder, "expected");
  for (std::size_t k = 0; k < expected.size() && k < model.outputs().size(); ++k) {
    const ov::Tensor output = request.get_output_tensor(k);
    for (std::size_t i = 0; i < std::min(output.get_size(), expected[k].count()); ++i) {
      const void* const data = output.data();
      const double found = output.get_element_type() == ov::element::i64
                               ? static_cast<double>(static_cast<const std::int64_t*>(data)[i])
                           : output.get_element_type() == ov::element::i32
                               ? static_cast<double>(static_cast<const std::int32_t*>(data)[i])
                               : static_cast<double>(static_cast<const float*>(data)[i]);
      error.add(found, expected[k].at(i));
    }
  }
  worker::serve(first, error, [&] { request.infer(); });
}
