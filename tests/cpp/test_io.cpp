// Readers and writers of files, with good and with hostile contents.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <ts2cpp/error.hpp>
#include <ts2cpp/golden.hpp>
#include <ts2cpp/io/json.hpp>
#include <ts2cpp/io/npy.hpp>
#include <ts2cpp/io/npz.hpp>
#include <ts2cpp/io/safetensors.hpp>
#include <ts2cpp/io/values.hpp>
#include <ts2cpp/tensor.hpp>
#include <vector>

#include "raised.hpp"

namespace io = ts2cpp::io;
using ts2cpp::DType;
using ts2cpp::List;
using ts2cpp::Tensor;

using raised::message_of;

namespace {

io::ByteView view(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// An npz written by numpy.savez_compressed(x=arange(200, int32).reshape(10, 20), s="héllo").
std::string deflated() {
  static constexpr std::string_view kHex =
      "504b03042d0000000800000021008f19bc37ffffffffffffffff05001400782e"
      "6e707901001000a00300000000000083010000000000009dcad5561400000450"
      "b0bb3bd75cd05501b1105b31410c542c5c61111401771103b1bb15bbbbbbbbe3"
      "b7bcfc8273ce7d983953939593999d1b1f571957152c88c4f2a3c1b44030bd38"
      "35180a040bcba215d170695e59b42052bb67844b62117bac285c1ed113929342"
      "8194a4c450a03af09f691227f1d4a12ef5a84f031ad288c6d41e9bd28ce6b4a0"
      "25ad684d1bdad28ef674a0239de84c17bad28deef4a027017ad19b3ef4a51ffd"
      "0992402203184888410c6608492493c2505219c67046309251a4319a74c63096"
      "718c67021399c464a690c154a6319d19cc64169964319b6ce6309779cc278705"
      "2c6411b92c66094b59c672f258419895e45340844256514431ab5943096b29a5"
      "8c72d611254605eba964031bd9c466aad842355bd9c67676b0935dec660f7bd9"
      "c77e0e7090431ce6084739c6714e70921a4e719a339ce51ce7b9c0452e71992b"
      "5ce51ad7b9c14d6e719b3bdce51ef779c0431ef198273ce519cf79c14b5ef19a"
      "37bce51deff9c0473ef1992f7ce51bdff9c14f7ef19b3ffce51f504b03042d00"
      "0000080000002100a609f608ffffffffffffffff05001400732e6e7079010010"
      "0094000000000000004e000000000000009bec17ea1b10c9c850c650ad9e925a"
      "9c5ca46ea5a06e136aaaaea3a09e965f54529498179f5f94920a12774bcc294e"
      "058a17672416a402f91a9a3a0ab50a1401ae0c06068697409c03c5f9400c0050"
      "4b01022d032d0000000800000021008f19bc3783010000a00300000500000000"
      "00000000000000800100000000782e6e7079504b01022d032d00000008000000"
      "2100a609f6084e000000940000000500000000000000000000008001ba010000"
      "732e6e7079504b05060000000002000200660000003f0200000000";
  std::string bytes;
  for (std::size_t i = 0; i < kHex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(kHex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string safetensors(const std::string& header, std::size_t data) {
  std::string image;
  io::append_little_endian(image, header.size(), 8);
  return image + header + std::string(data, '\1');
}

constexpr io::WeightSpec kTable[] = {
    {"a", DType::float32, {2, 3}, 0},
    {"b", DType::int64, {}, 24},
};

ts2cpp::Span<const io::WeightSpec> table() { return {kTable, 2}; }

std::string load_error(const std::string& image) {
  return message_of([&image] { io::Weights::from_memory(image.data(), image.size(), table()); });
}

/// Feeds every truncation and many mutations of `image` to `parse`: it may only succeed or raise an Error.
template <class F>
void attack(const std::string& image, F parse) {
  for (std::size_t length = 0; length < image.size(); ++length) {
    try {
      const std::string cut = image.substr(0, length);
      parse(cut);
    } catch (const ts2cpp::Error&) {
    }
  }
  for (std::size_t at = 0; at < image.size(); ++at) {
    for (const char value : {'\0', '\1', '\x7f', '\x80', '\xff', '9', '}'}) {
      std::string changed = image;
      changed[at] = value;
      try {
        parse(changed);
      } catch (const ts2cpp::Error&) {
      }
    }
  }
}

}  // namespace

TEST_CASE("JSON is parsed strictly") {
  const io::Json value = io::parse_json(R"( {"a": [1, -2.5e3, true, null], "\u00e9\ud83d\ude00": "x\n"} )");
  REQUIRE(value.names.size() == 2);
  CHECK(value.find("a")->items.size() == 4);
  CHECK(value.find("a")->items[0].to_unsigned() == 1);
  CHECK(value.names[1] == "\xC3\xA9\xF0\x9F\x98\x80");
  for (const char* const bad : {"", "{", "[1,]", "{\"a\":}", "01", "1.", "+1", "nul", "\"\\x\"", "\"\\ud800\"", "[1] 2",
                                "'a'", "{1:2}", "\"\n\"", "1e", "-", "[1 2]", "{\"a\" 1}"}) {
    CHECK_THROWS_AS(io::parse_json(bad), ts2cpp::Error);
  }
  CHECK(has(message_of([] { io::parse_json(std::string(100000, '[')); }), "nested too deeply"));
  CHECK_THROWS_AS(io::parse_json("-1").to_unsigned(), ts2cpp::Error);
  CHECK_THROWS_AS(io::parse_json("18446744073709551616").to_unsigned(), ts2cpp::Error);
}

TEST_CASE("weights that fit the table are mapped or copied") {
  const std::string good = safetensors(
      R"({"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[],"data_offsets":[24,32]},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
      32);
  const io::Weights weights = io::Weights::from_memory(good.data(), good.size(), table());
  CHECK(weights.get("a").sizes() == ts2cpp::IntSpan({2, 3}));
  CHECK(weights.at(1).item().to_int() == 0x0101010101010101);
  CHECK_THROWS_AS(weights.get("c"), ts2cpp::Error);
  CHECK_THROWS_AS(weights.at(2), ts2cpp::Error);

  const std::string path = "test_io_weights.safetensors";
  io::write_file(path, good);
  {
    const io::Weights mapped = io::Weights::load(path, table());
    const Tensor first = mapped.get("a");
    first.data<float>()[0] = 5.0F;  // stays in memory
  }
  CHECK(io::Weights::load(path, table()).get("a").data<float>()[0] != 5.0F);
  std::remove(path.c_str());
  CHECK(has(message_of([&path] { io::Weights::load(path, table()); }), path));
}

TEST_CASE("weights that do not fit are refused with the differences") {
  const auto entry = [](const char* name, const char* dtype, const char* shape, int begin, int end) {
    return "\"" + std::string(name) + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  const auto image = [](const std::string& inner, std::size_t data) { return safetensors("{" + inner + "}", data); };
  const std::string a = entry("a", "F32", "[2,3]", 0, 24);
  const std::string b = entry("b", "I64", "[]", 24, 32);
  CHECK(load_error(image(a + "," + b, 32)) == "no error");
  CHECK(has(load_error(image(a, 24)), "\"b\" is missing"));
  CHECK(has(load_error(image(a + "," + b + "," + entry("c", "U8", "[1]", 32, 33), 33)), "\"c\" is not expected"));
  CHECK(has(load_error(image(entry("a", "F32", "[3,2]", 0, 24) + "," + b, 32)),
            "\"a\" has shape [3, 2], expected [2, 3]"));
  CHECK(has(load_error(image(entry("a", "I32", "[2,3]", 0, 24) + "," + b, 32)), "\"a\" is int32, expected float32"));
  CHECK(
      has(load_error(image(entry("b", "I64", "[]", 0, 8) + "," + entry("a", "F32", "[2,3]", 8, 32), 32)), "offset 8"));
  CHECK(has(load_error(image(a + "," + b, 31)), "31 bytes of data"));
  CHECK(has(load_error(image(a + "," + b, 33)), "33 bytes of data"));
  CHECK(has(load_error(image(a + "," + entry("b", "I64", "[]", 20, 28), 28)), "hole or overlaps"));
  CHECK(has(load_error(image(a + "," + entry("b", "I64", "[]", 32, 24), 32)), "length"));
  CHECK(has(load_error(image(entry("a", "F32", "[4611686018427387904,4]", 0, 0), 0)), "length"));
  CHECK(has(load_error(image(entry("a", "F32", "[99999999999999999999]", 0, 0), 0)), "non-negative"));
  CHECK(has(load_error(image(entry("a", "F12", "[1]", 0, 4), 4)), "unknown dtype"));
  CHECK(has(load_error(image(a + "," + a, 24)), "appears twice"));
  CHECK(has(load_error(image("\"__metadata__\":{\"a\":1}", 0)), "metadata must be strings"));
  CHECK(has(load_error(""), "too short"));
  CHECK(has(load_error(std::string(8, '\xff')), "does not fit"));
  attack(image(a + "," + b, 32),
         [](const std::string& bytes) { io::Weights::from_memory(bytes.data(), bytes.size(), table()); });
}

TEST_CASE("npy round trips") {
  const Tensor matrix = Tensor::from_data(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  const io::Array same = io::parse_npy(view(io::npy_image(matrix)));
  CHECK(same.tensor.sizes() == ts2cpp::IntSpan({2, 3}));
  CHECK(same.tensor.data<float>()[5] == 6.0F);
  const Tensor transposed = matrix.with_layout({3, 2}, {1, 3}, 0);
  CHECK(io::parse_npy(view(io::npy_image(transposed))).tensor.data<float>()[1] == 4.0F);
  for (const char* const text : {"", "abc", "h\xC3\xA9llo \xF0\x9F\x98\x80"}) {
    CHECK(io::parse_npy(view(io::npy_image(std::string_view(text)))).text == std::string(text));
  }
  CHECK(io::parse_npy(view(io::npy_image(std::string_view("\xff")))).text == std::string("\xEF\xBF\xBD"));
  CHECK(io::parse_npy(view(io::npy_image(Tensor::empty({0, 3}, DType::bool_)))).tensor.numel() == 0);
}

TEST_CASE("npy files that are not in order are refused") {
  const auto npy = [](const std::string& dict, std::size_t data) {
    std::string image("\x93NUMPY\x01\x00", 8);
    io::append_little_endian(image, dict.size(), 2);
    return image + dict + std::string(data, '\1');
  };
  const auto check = [&npy](const std::string& dict, std::size_t data) {
    return message_of([&] { io::parse_npy(view(npy(dict, data))); });
  };
  CHECK(check("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", 12) == "no error");
  CHECK(check("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }\n", 24) == "no error");
  CHECK(has(check("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8), "'|O' is not supported"));
  CHECK(has(check("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4), "not supported"));
  CHECK(has(check("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4), "records"));
  CHECK(has(check("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 4), "bad shape"));
  CHECK(has(check("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }", 4), "too large"));
  CHECK(has(check("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", 4), "overflow"));
  CHECK(has(check("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 12), "length"));
  CHECK(has(check("{'descr': '<f4', 'descr': '<f4', 'shape': (4,), }", 12), "unexpected key"));
  CHECK(has(check("{'descr': '<U99999999999999999999', 'fortran_order': False, 'shape': (), }", 12), "length"));
  attack(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }", 24),
         [](const std::string& bytes) { io::parse_npy(view(bytes)); });
}

TEST_CASE("npz: stored and deflated, whole and damaged") {
  const io::NamedArrays arrays = io::parse_npz(view(deflated()));
  REQUIRE(arrays.size() == 2);
  CHECK(arrays[0].first == "x");
  CHECK(arrays[0].second.tensor.sizes() == ts2cpp::IntSpan({10, 20}));
  for (std::int32_t i = 0; i < 200; ++i) {
    REQUIRE(arrays[0].second.tensor.data<std::int32_t>()[i] == i);
  }
  CHECK(arrays[1].second.text == std::string("h\xC3\xA9llo"));
  attack(deflated(), [](const std::string& bytes) { io::parse_npz(view(bytes)); });

  io::Writer writer;
  writer.put("a", std::int64_t{7});
  writer.put("b", std::string("text"));
  attack(writer.finish(), [](const std::string& bytes) { io::parse_npz(view(bytes)); });
  std::string twice = writer.finish();
  for (std::size_t at = twice.find("b.npy"); at != std::string::npos; at = twice.find("b.npy")) {
    twice[at] = 'a';
  }
  CHECK(has(message_of([&twice] { io::parse_npz(view(twice)); }), "appears twice"));
  CHECK_THROWS_AS(io::parse_npz(view("PK")), ts2cpp::Error);
}

TEST_CASE("Python values are flattened by position and key") {
  using Nested = std::tuple<std::int64_t, List<std::optional<double>>, ts2cpp::Dict<std::string, List<bool>>>;
  const Nested value{5, {1.5, std::nullopt, 2.5}, {{"k", {true, false}}, {"l", {false}}}};
  io::Writer writer;
  writer.put("v", value);
  writer.put("none", std::optional<Tensor>());
  writer.put("c", std::complex<double>(1, 2));
  const io::Reader reader(io::parse_npz(view(writer.finish())));
  CHECK(reader.get<Nested>("v") == value);
  CHECK(reader.contains("v"));
  CHECK(reader.contains("v.1"));
  CHECK_FALSE(reader.contains("none"));
  CHECK_FALSE(reader.contains("v.1.1"));
  CHECK(reader.get<std::optional<Tensor>>("none") == std::nullopt);
  CHECK(reader.get<List<std::int64_t>>("none").empty());
  CHECK(reader.get<std::complex<double>>("c") == std::complex<double>(1, 2));
  CHECK(has(message_of([&] { reader.get<bool>("v.0"); }), "array \"v.0\": expected a bool (0-d bool), found int64"));
  CHECK(has(message_of([&] { reader.get<std::int64_t>("w"); }), "there is no array \"w\""));
  CHECK(has(message_of([&] { reader.get<List<double>>("v.2"); }), "expected a position"));
}

TEST_CASE("outputs are compared with limits for each type") {
  const auto arrays = [](const Tensor& tensor) { return io::NamedArrays{{"output", io::Array{tensor, std::nullopt}}}; };
  const auto floats = [&arrays](std::vector<float> values) {
    return arrays(Tensor::from_data(values, {static_cast<std::int64_t>(values.size())}));
  };
  namespace golden = ts2cpp::golden;
  CHECK(golden::compare(floats({1, 2}), floats({1, 2})).equal);
  CHECK(golden::compare(floats({1, NAN, INFINITY}), floats({1, NAN, INFINITY})).equal);
  CHECK(golden::compare(floats({1.0000001F}), floats({1})).equal);
  const golden::Report report = golden::compare(floats({1, 2, 3.5F}), floats({1, 2, 3}));
  CHECK_FALSE(report.equal);
  CHECK(has(report.text, "different: 1 of 3 elements; greatest absolute difference 0.5 at [2]"));
  CHECK(golden::compare(floats({1, 2, 3.5F}), floats({1, 2, 3}), {0.2, 0.0}).equal);
  CHECK_FALSE(golden::compare(floats({1}), floats({NAN})).equal);
  CHECK_FALSE(golden::compare(floats({1}), floats({INFINITY})).equal);
  CHECK_FALSE(golden::compare(floats({1}), floats({1, 2})).equal);
  const auto brains = [&arrays](float value) {
    return arrays(Tensor::from_data(std::vector<ts2cpp::bfloat16>{ts2cpp::bfloat16(value)}, {1}));
  };
  CHECK(golden::compare(brains(1.5F), brains(1.5F)).equal);
  CHECK(golden::compare(brains(1.5F), brains(1.507F)).equal);
  CHECK_FALSE(golden::compare(brains(1.5F), brains(2.0F)).equal);
  CHECK_FALSE(golden::compare(brains(1.5F), floats({1.5F})).equal);
  CHECK_FALSE(golden::compare(floats({1.5F}), brains(1.5F)).equal);
  CHECK_FALSE(golden::compare({}, floats({1})).equal);
  CHECK_FALSE(golden::compare(floats({1}), {}).equal);
  CHECK_FALSE(golden::compare(arrays(Tensor::from_data(std::vector<std::int64_t>{INT64_MAX}, {})),
                              arrays(Tensor::from_data(std::vector<std::int64_t>{INT64_MAX - 1}, {})))
                  .equal);
}
