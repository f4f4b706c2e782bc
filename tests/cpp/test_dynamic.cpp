// Enums, named tuples, None, unions and Any.
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <ts2cpp/device.hpp>
#include <ts2cpp/dict.hpp>
#include <ts2cpp/dynamic.hpp>
#include <ts2cpp/enum.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/future.hpp>
#include <ts2cpp/io/values.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/ref.hpp>

#include "raised.hpp"

using raised::error_of;

namespace model {

enum class Color : std::int64_t { RED = 1, GREEN = 2 };
inline const auto& members_of(Color /*member*/) {
  static const ts2cpp::EnumTable<Color, std::int64_t> table{"Color",
                                                            {{Color::RED, "RED", 1}, {Color::GREEN, "GREEN", 2}}};
  return table;
}

struct Point {
  std::int64_t x{0};
  std::optional<std::string> label;
  auto fields() const { return std::tie(x, label); }
};

}  // namespace model

using model::Color;
using model::Point;
using ts2cpp::Any;
using ts2cpp::as;
using ts2cpp::Dict;
using ts2cpp::is_instance;
using ts2cpp::List;
using ts2cpp::None;
using ts2cpp::Scalar;
using ts2cpp::str;
using ts2cpp::Tensor;
using Union = std::variant<None, std::int64_t, std::string>;

TEST_CASE("the members of an enum have names and values") {
  CHECK(ts2cpp::enum_name(Color::GREEN) == "GREEN");
  CHECK(ts2cpp::enum_value(Color::GREEN) == 2);
  CHECK(ts2cpp::enum_members<Color>() == List<Color>{Color::RED, Color::GREEN});
  CHECK(str(List<Color>{Color::RED}) == "[Enum<Color.RED>]");
  CHECK(error_of([] { (void)ts2cpp::enum_name(static_cast<Color>(7)); }) == "ValueError: not a member of Color");
}

TEST_CASE("a named tuple is a tuple for everything but its fields") {
  const Point point{3, "a"};
  const std::tuple<std::optional<std::int64_t>, std::optional<std::string>> wider = point.fields();
  CHECK(str(point) == "(3, a)");
  CHECK(str(wider) == "(3, a)");
  CHECK(str(ts2cpp::tuple_slice<1, 2>(point)) == "(a,)");
  const auto [x, label] = point;
  CHECK(x == 3);
  CHECK(label == "a");
}

TEST_CASE("None is every empty optional") {
  const std::optional<Tensor> none = None{};
  CHECK_FALSE(none.has_value());
  CHECK(str(std::tuple<std::int64_t, None>{1, std::nullopt}) == "(1, None)");
}

TEST_CASE("unions are tested, narrowed and widened") {
  const Union text = std::string("a");
  CHECK(is_instance<std::string>(text));
  CHECK_FALSE(is_instance<std::int64_t, None>(text));
  CHECK(std::get<std::string>(as<std::variant<std::int64_t, std::string>>(text)) == "a");
  CHECK(as<std::optional<std::string>>(text) == "a");
  CHECK_FALSE(as<std::optional<std::string>>(Union{}).has_value());
  CHECK(as<Union>(std::optional<std::int64_t>()) == Union{});
  CHECK(as<Union>(std::optional<std::int64_t>(4)) == Union{std::int64_t{4}});
  CHECK(str(List<Union>{std::nullopt, std::int64_t{1}, std::string("b")}) == "[None, 1, b]");
  CHECK(error_of([&text] { (void)as<std::int64_t>(text); }) ==
        "RuntimeError: a value that is known by another type: a");
}

TEST_CASE("Any knows the exact type of what it holds") {
  CHECK(is_instance<std::int64_t>(Any(3)));
  CHECK_FALSE(is_instance<double, bool>(Any(3)));
  CHECK(is_instance<bool>(Any(true)));
  CHECK(is_instance<std::string>(Any("text")));
  CHECK(is_instance<List<std::int64_t>>(Any(List<std::int64_t>{})));
  CHECK_FALSE(is_instance<List<double>>(Any(List<std::int64_t>{})));
  CHECK(is_instance<ts2cpp::AnyList>(Any(List<std::int64_t>{})));
  CHECK(is_instance<ts2cpp::AnyTuple, std::int64_t>(Any(Point{})));
  CHECK(is_instance<Color>(Any(Color::RED)));
  CHECK(is_instance<Any>(Any()));
  const List<std::int64_t> list{1};
  as<List<std::int64_t>>(Any(list)).append(2);
  CHECK(list.size() == 2);
  CHECK(Any(list).is(Any(list)));
  CHECK_FALSE(Any(list).is(Any(list.copy())));
}

TEST_CASE("Any unwraps optionals, unions and numbers") {
  CHECK(Any(std::optional<double>()).is_none());
  CHECK(is_instance<double>(Any(std::optional<double>(1.5))));
  CHECK(is_instance<std::string>(Any(Union{std::string("a")})));
  CHECK(is_instance<std::complex<double>>(Any(Scalar(std::complex<double>(1, 2)))));
  CHECK(as<Scalar>(Any(2.5)).to_double() == 2.5);
  CHECK(is_instance<double>(Scalar(2.5)));
}

TEST_CASE("tuples in Any are tested element by element") {
  const Any pair = std::tuple<std::int64_t, std::optional<std::string>>(1, "x");
  CHECK(is_instance<std::tuple<std::int64_t, std::string>>(pair));
  CHECK(is_instance<std::tuple<Any, Any>>(pair));
  CHECK_FALSE(is_instance<std::tuple<std::int64_t>>(pair));
  CHECK_FALSE(is_instance<std::tuple<std::int64_t, None>>(pair));
  CHECK(as<std::tuple<std::int64_t, std::string>>(pair) == std::tuple<std::int64_t, std::string>(1, "x"));
}

TEST_CASE("tensors and devices are keys of dicts") {
  const Tensor a = Tensor::from_data<float>({1.0f}, {1});
  const Dict<Tensor, std::int64_t> table{{a, 1}};
  const Tensor same = a;
  CHECK(table.at(same) == 1);
  CHECK_FALSE(table.contains(Tensor::from_data<float>({1.0f}, {1})));
  const Dict<ts2cpp::Device, std::int64_t> devices{{ts2cpp::Device("cuda:1"), 2}};
  CHECK(devices.at(ts2cpp::Device("cuda", 1)) == 2);
  CHECK(error_of([&devices] { (void)devices.at(ts2cpp::Device("cpu")); }) == "KeyError: cpu");
}

TEST_CASE("objects and tasks can be anything, but no arrays") {
  struct Counter : ts2cpp::Object<Counter> {
    std::int64_t n = 0;
  };
  const auto counter = ts2cpp::blank<Counter>();
  const Any any = counter;
  CHECK(is_instance<ts2cpp::Ref<Counter>>(any));
  as<ts2cpp::Ref<Counter>>(any)->n = 4;
  CHECK(counter->n == 4);
  CHECK(any.is(Any(counter)));
  CHECK_FALSE(any.is(Any(ts2cpp::blank<Counter>())));
  ts2cpp::io::Writer writer;
  CHECK(error_of([&] { writer.put("object", any); }) == "ValueError: object: an object cannot be stored as arrays");
  const ts2cpp::io::Reader reader{ts2cpp::io::NamedArrays()};
  CHECK(error_of([&] { (void)reader.get<ts2cpp::Ref<Counter>>("c"); }) ==
        "ValueError: parameter \"c\": an object cannot be read from arrays");
  CHECK(str(Any(ts2cpp::completed_future(std::int64_t{3}))) == "Future");
}

TEST_CASE("values travel as arrays") {
  ts2cpp::io::Writer writer;
  writer.put("color", Color::GREEN);
  writer.put("point", Point{5, "p"});
  writer.put("union", Union{std::int64_t{7}});
  writer.put("any", Any(List<std::int64_t>{1}));
  writer.put("device", ts2cpp::Device("cuda:0"));
  writer.put("text", std::string("BLUE"));
  const std::string image = writer.finish();
  const ts2cpp::io::ByteView view{reinterpret_cast<const unsigned char*>(image.data()), image.size()};
  const ts2cpp::io::Reader reader(ts2cpp::io::parse_npz(view));
  CHECK(reader.get<Color>("color") == Color::GREEN);
  CHECK(str(reader.get<Point>("point")) == "(5, p)");
  CHECK(reader.get<Union>("union") == Union{std::int64_t{7}});
  CHECK(reader.get<Union>("absent") == Union{});
  CHECK(str(reader.get<List<std::int64_t>>("any")) == "[1]");
  CHECK(reader.get<ts2cpp::Device>("device") == ts2cpp::Device("cuda:0"));
  CHECK(reader.get<Any>("absent").is_none());
  CHECK(is_instance<std::string>(reader.get<Any>("text")));
  CHECK(error_of([&reader] { (void)reader.get<Color>("text"); }) ==
        "ValueError: array \"text\": expected one of RED, GREEN, found BLUE");
  // An array without dimensions may be a number or a tensor.
  using Ambiguous = std::variant<Tensor, std::int64_t>;
  CHECK(error_of([&reader] { (void)reader.get<Ambiguous>("union"); }) ==
        "ValueError: array \"union\": of more than one of the types that the parameter may have");
  CHECK(error_of([&reader] { (void)reader.get<std::variant<double, bool>>("union"); }) ==
        "ValueError: array \"union\": of none of the types that the parameter may have");
}
