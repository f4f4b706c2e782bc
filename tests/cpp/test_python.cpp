// Python's numbers, strings and format strings.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <ts2cpp/device.hpp>
#include <ts2cpp/format.hpp>
#include <ts2cpp/python.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/text.hpp>

#include "raised.hpp"

namespace text = ts2cpp::text;
using ts2cpp::List;
using ts2cpp::to_str;

using raised::error_of;

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::int64_t i(std::int64_t value) { return value; }

}  // namespace

TEST_CASE("integer division, remainder and shifts") {
  CHECK(ts2cpp::floor_div(i(7), i(-2)) == -4);
  CHECK(ts2cpp::floor_div(i(-7), i(2)) == -4);
  CHECK(ts2cpp::floor_div(i(6), i(-2)) == -3);
  CHECK(ts2cpp::floor_mod(i(-7), i(3)) == 2);
  CHECK(ts2cpp::floor_mod(i(7), i(-3)) == -2);
  CHECK(ts2cpp::floor_div(kLowest, i(-1)) == kLowest);
  CHECK(ts2cpp::floor_mod(kLowest, i(-1)) == 0);
  CHECK(error_of([] { ts2cpp::floor_div(i(1), i(0)); }) == "ZeroDivisionError: division by 0");
  CHECK(error_of([] { ts2cpp::floor_mod(i(1), i(0)); }).find("ZeroDivisionError") == 0);
  CHECK(ts2cpp::floor_div(-7.5, i(2)) == -4.0);
  CHECK(ts2cpp::floor_mod(-7.5, i(2)) == 0.5);
  CHECK(ts2cpp::floor_mod(7.5, -2.0) == -0.5);
  CHECK(ts2cpp::floor_div(7.5, 0.0) == kInf);
  CHECK(ts2cpp::lshift(3, 65) == 6);
  CHECK(ts2cpp::lshift(3, -1) == kLowest);
  CHECK(ts2cpp::rshift(-3, 70) == -1);
  CHECK(ts2cpp::wrapping_add(INT64_MAX, 1) == kLowest);
  CHECK(ts2cpp::wrapping_neg(kLowest) == kLowest);
  CHECK(ts2cpp::divmod(i(-7), i(2)) == std::make_tuple(i(-4), i(1)));
}

TEST_CASE("powers and rounding") {
  CHECK(ts2cpp::power(i(2), i(3)) == 8.0);
  CHECK(std::isnan(ts2cpp::power(-2.0, 0.5)));
  CHECK(error_of([] { ts2cpp::power(i(0), i(-1)); }).find("ZeroDivisionError: 0.0 cannot be raised") == 0);
  CHECK(ts2cpp::integer_power(3, 5) == 243);
  CHECK(ts2cpp::round_half_even(2.5) == 2.0);
  CHECK(ts2cpp::round_half_even(3.5) == 4.0);
  CHECK(ts2cpp::round_half_even(-2.5) == -2.0);
  CHECK(std::signbit(ts2cpp::round_half_even(-0.5)));
  CHECK(ts2cpp::round_half_even(2.4999999) == 2.0);
  CHECK(ts2cpp::round_half_even(1e300) == 1e300);
}

TEST_CASE("conversions") {
  CHECK(ts2cpp::to_int(-2.7) == -2);
  CHECK(ts2cpp::to_int(1e30) == kLowest);
  CHECK(ts2cpp::to_int(std::string("-9223372036854775808")) == kLowest);
  CHECK(ts2cpp::to_int(std::string(" +12")) == 12);
  for (const char* const bad : {"", "-", "x", "9223372036854775808", "99999999999999999999"}) {
    CHECK(error_of([bad] { ts2cpp::to_int(std::string(bad)); }) == "ValueError: stoll");
  }
  for (const char* const bad : {" 12 ", "12x", "1_0", "0x10"}) {
    CHECK(error_of([bad] { ts2cpp::to_int(std::string(bad)); }) ==
          std::string("ValueError: invalid literal for int() with base 10: '") + bad + "'");
  }
  CHECK(ts2cpp::to_float(std::string(" 1.5")) == 1.5);
  CHECK(ts2cpp::to_float(std::string("-Infinity")) == -kInf);
  for (const char* const bad : {"", "x", "1e999"}) {
    CHECK(error_of([bad] { ts2cpp::to_float(std::string(bad)); }) == "ValueError: stod");
  }
  for (const char* const bad : {"1 ", "1x", "nan(1)"}) {
    CHECK(error_of([bad] { ts2cpp::to_float(std::string(bad)); }).find("ValueError: could not") == 0);
  }
  CHECK(ts2cpp::hex(-255) == "-0xff");
  CHECK(ts2cpp::oct(-8) == "-0o10");
  CHECK(ts2cpp::bin(kLowest).size() == 67);
  CHECK(ts2cpp::chr(65) == "A");
  CHECK(ts2cpp::ord("a") == 97);
}

TEST_CASE("ranges") {
  CHECK(ts2cpp::range_length(10, 0, -3) == 4);
  CHECK(ts2cpp::range_length(0, 10, 3) == 4);
  CHECK(ts2cpp::range_length(5, 5, 1) == 0);
  CHECK(ts2cpp::range_length(0, INT64_MAX, kLowest) == 0);
  CHECK(ts2cpp::range_length(INT64_MAX, kLowest, kLowest) == 2);
  CHECK(ts2cpp::derive_index(2, 10, -3) == 4);
  CHECK(ts2cpp::range_list(10, 0, -3) == List<std::int64_t>{10, 7, 4, 1});
  CHECK(error_of([] { ts2cpp::range_length(0, 1, 0); }) == "ValueError: range() arg 3 must not be zero");
}

TEST_CASE("identity, optionals, unpacking, devices") {
  const List<std::int64_t> list{1, 2};
  CHECK(ts2cpp::is_same(list, list));
  CHECK_FALSE(ts2cpp::is_same(list, list.copy()));
  CHECK(ts2cpp::is_same(std::optional<double>(), std::nullopt));
  CHECK_FALSE(ts2cpp::is_same(std::optional<double>(1.0), std::nullopt));
  CHECK_FALSE(ts2cpp::is_same(ts2cpp::Tensor::empty({1}, ts2cpp::DType::float32), std::nullopt));
  CHECK(ts2cpp::unwrap(std::optional<std::int64_t>(3)) == 3);
  CHECK(error_of([] { ts2cpp::unwrap(std::optional<std::int64_t>()); }) == "RuntimeError: Unwrapping null optional");
  const auto [first, second] = ts2cpp::unpack<2>(list);
  CHECK(first + second == 3);
  CHECK(error_of([&list] { ts2cpp::unpack<3>(list); }) == "RuntimeError: Expected 3 elements in a list but found 2");
  CHECK(ts2cpp::sorted(List<std::int64_t>{2, 1}) == list);
  CHECK(ts2cpp::max(list, List<std::int64_t>{1, 3}).at(1) == 3);
  CHECK(list.copy().repeat_in_place(2).size() == 4);
  CHECK(ts2cpp::hash(i(5)) == 5);
  CHECK(ts2cpp::make_dict(List<std::tuple<std::string, std::int64_t>>{{"a", 1}, {"a", 2}}).at("a") == 2);
  CHECK(ts2cpp::device_index(ts2cpp::Device("cuda:1")) == 1);
  CHECK(ts2cpp::str(ts2cpp::Device("cpu")) == "cpu");
  for (const char* const text : {"cuda:x", "cuda:", "cuda:-1", "cuda: 1", "cuda:99999999999999999999", ":1"}) {
    CHECK(error_of([&] { ts2cpp::Device device(text); }).find("RuntimeError: Invalid device string") == 0);
  }
}

TEST_CASE("str of everything") {
  CHECK(to_str(2.0) == "2.");
  CHECK(to_str(0.1) == "0.10000000000000001");
  CHECK(to_str(1e20) == "1e+20");
  CHECK(to_str(1e18) == "1000000000000000000.");
  CHECK(to_str(-0.0) == "0.");
  CHECK(to_str(-kInf) == "-inf");
  CHECK(to_str(std::nan("")) == "nan");
  CHECK(to_str(true) == "True");
  CHECK(to_str(std::complex<double>(1, -2)) == "1.-2.j");
  CHECK(to_str(List<double>{1.0, 0.5}) == "[1., 0.5]");
  CHECK(to_str(List<bool>{true, false}) == "[True, False]");
  CHECK(to_str(List<List<std::string>>{{"a"}, {}}) == "[[a], []]");
  CHECK(to_str(ts2cpp::Dict<std::string, double>{{"a", 1.5}, {"b", 2.0}}) == "{a: 1.5, b: 2.}");
  CHECK(to_str(std::make_tuple(i(1), 2.0, std::string("x"))) == "(1, 2., x)");
  CHECK(to_str(std::make_tuple(i(1))) == "(1,)");
  CHECK(to_str(std::optional<std::int64_t>()) == "None");
  CHECK(to_str(ts2cpp::Tensor::from_data(std::vector<float>{1.0F, 2.5F}, {2})) ==
        " 1.0000\n 2.5000\n[ CPUFloatType{2} ]");
  CHECK(to_str(ts2cpp::Tensor::from_data(std::vector<std::int64_t>{1, -1, 0, 5}, {2, 2})) ==
        " 1 -1\n 0  5\n[ CPULongType{2,2} ]");
  CHECK(to_str(ts2cpp::Tensor::from_data(std::vector<double>{0.1}, {})) == "0.1\n[ CPUDoubleType{} ]");
  CHECK(to_str(ts2cpp::Tensor::empty({0, 3}, ts2cpp::DType::float32)) == "[ CPUFloatType{0,3} ]");
}

TEST_CASE("format strings") {
  CHECK(ts2cpp::format("{} {} {0}", i(1), 2.0) == "1 2. {0}");
  CHECK(ts2cpp::format("{}", i(1), i(2)) == "1");
  CHECK(error_of([] { ts2cpp::format("{}{}", i(1)); }) == "RuntimeError: Too few arguments for format string: {}{}");
  CHECK(ts2cpp::percent_format("%d %s %f %e %c %i%%", i(1), std::string("x"), 2.5, 3.5, i(65), 7.9) ==
        "1 x 2.500000 3.500000e+00 A 7%");
  CHECK(ts2cpp::percent_format("%s", "%s %n {}") == "%s %n {}");
  CHECK(error_of([] { ts2cpp::percent_format("%s %s", i(1)); }) == "RuntimeError: Too few arguments for format string");
  CHECK(error_of([] { ts2cpp::percent_format("%s", i(1), i(2)); }) ==
        "RuntimeError: Too many arguments for format string");
  CHECK(error_of([] { ts2cpp::percent_format("100%"); }) == "RuntimeError: Incomplete format specifier");
  CHECK(error_of([] { ts2cpp::percent_format("%x", i(1)); }) ==
        "RuntimeError: The specifier %x is not supported in TorchScript format strings");
  CHECK(error_of([] { ts2cpp::percent_format("%d", std::string("x")); }) ==
        "RuntimeError: %d requires a number for formatting, but got String");
}

TEST_CASE("string methods") {
  const std::string s = "Hello wOrld";
  CHECK(text::title(s) == "Hello World");
  CHECK(text::capitalize(s) == "Hello world");
  CHECK(text::swapcase(s) == "hELLO WoRLD");
  CHECK(text::center(s, 20, "*") == "****Hello wOrld*****");
  CHECK(text::zfill("-5", 4) == "00-5");
  CHECK(text::replace(s, "l", "L", 1) == "HeLlo wOrld");
  CHECK(text::replace("ab", "", "-") == "-a-b-");
  CHECK(text::expandtabs("a\tb", 4) == "a   b");
  CHECK(text::slice(s, std::nullopt, std::nullopt, -1) == "dlrOw olleH");
  CHECK(text::slice(s, 5, 100, 2) == " Ol");
  CHECK(text::strip(s, "Hd") == "ello wOrl");
  CHECK(text::rstrip("   ").empty());
  CHECK(text::find(s, "o", -4) == -1);
  CHECK(text::find(s, "d", 0, -1) == 10);
  CHECK(text::rfind(s, "") == 11);
  CHECK(text::find(s, "x", 100) == -1);
  CHECK(text::count("aaaa", "aa") == 2);
  CHECK(text::startswith(s, "e", 1, 2));
  CHECK_FALSE(text::startswith(s, "ell", 1, 3));
  CHECK(text::endswith(s, "d", 0, -1));
  CHECK_FALSE(text::startswith(s, "H", 100));
  CHECK(text::split("a b  c ") == List<std::string>{"a", "b", "c"});
  CHECK(text::split(" a  b", std::string(" ")) == List<std::string>{"", "a", "", "b"});
  CHECK(text::split("a,b,c", std::string(","), 1) == List<std::string>{"a", "b,c"});
  CHECK(text::rsplit("a,b,c", ",", 1) == List<std::string>{"a,b", "c"});
  CHECK(text::splitlines("a\nb\r\nc\n") == List<std::string>{"a", "b", "", "c"});
  CHECK(text::splitlines("a\nb\n", true) == List<std::string>{"a", "\n", "b", "\n"});
  CHECK(text::partition(s, "o") == std::make_tuple(std::string("Hell"), std::string("o"), std::string(" wOrld")));
  CHECK(std::get<2>(text::rpartition(s, "zz")) == s);
  CHECK(text::join("-", {"a", "b"}) == "a-b");
  CHECK(text::isidentifier("a_1"));
  CHECK_FALSE(text::isidentifier("1a"));
  CHECK(text::istitle("Hello World"));
  CHECK_FALSE(text::istitle(""));
  CHECK(error_of([&s] { text::index(s, "zz"); }) == "ValueError: substring not found");
  CHECK(error_of([&s] { text::at(s, 100); }).find("IndexError") == 0);
  CHECK(error_of([&s] { text::ljust(s, 15, "ab"); }).find("TypeError: The fill character") == 0);
}

TEST_CASE("string methods take any width and range") {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t width : {kLowest, kLowest + 2, std::int64_t{-1}, std::int64_t{3}}) {
    CHECK(text::center("abc", width) == "abc");
    CHECK(text::zfill("abc", width) == "abc");
    CHECK(text::ljust("abc", width) == "abc");
    CHECK(text::expandtabs("a\tb", width < 0 ? width : 2) == (width < 0 ? "ab" : "a b"));
  }
  CHECK(error_of([] { text::center("abc", highest); }) == "RuntimeError: basic_string::_M_create");
  CHECK(error_of([] { text::expandtabs("\t", highest); }) == "RuntimeError: basic_string::_M_create");
  CHECK(text::find("abc", "b", highest, 4) == -1);
  CHECK(text::find("abc", "", highest, highest) == -1);
  CHECK(text::rfind("abc", "b", kLowest, highest) == 1);
  CHECK(text::count("abc", "b", highest, kLowest) == 0);
  CHECK_FALSE(text::startswith("abc", "b", highest, kLowest));
  CHECK_FALSE(text::endswith("abc", "b", highest, 4));
}
