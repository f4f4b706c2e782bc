// Lists and dicts.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <ts2cpp/dict.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>

using ts2cpp::Dict;
using ts2cpp::List;
using Ints = List<std::int64_t>;

TEST_CASE("a list is a reference with Python's indices") {
  const Ints list{3, 1, 2};
  const Ints alias = list;
  alias.append(4);
  CHECK(list.size() == 4);
  CHECK(list.is(alias));
  CHECK_FALSE(list.is(list.copy()));
  CHECK(list.at(-1) == 4);
  CHECK_THROWS_AS(list.at(4), ts2cpp::Error);
  CHECK_THROWS_AS(list.at(-5), ts2cpp::Error);
  CHECK_THROWS_AS(list.at(INT64_MIN), ts2cpp::Error);
  list.insert(-100, 9);
  list.insert(100, 8);
  CHECK(list == Ints{9, 3, 1, 2, 4, 8});
  CHECK(list.pop() == 8);
  CHECK(list.pop(0) == 9);
  list.remove(1);
  CHECK(list == Ints{3, 2, 4});
  CHECK(list.index(2) == 1);
  CHECK(list.contains(4));
  CHECK_THROWS_AS(list.index(7), ts2cpp::Error);
  CHECK_THROWS_AS(list.remove(7), ts2cpp::Error);
  CHECK_THROWS_AS(Ints().pop(), ts2cpp::Error);
  list.extend(list);
  CHECK(list == Ints{3, 2, 4, 3, 2, 4});
  list.sort(true);
  CHECK(list == Ints{4, 4, 3, 3, 2, 2});
  CHECK(list.count(3) == 2);
  list.reverse();
  CHECK(list.at(0) == 2);
  list.set(-1, 7);
  CHECK(list.at(5) == 7);
}

TEST_CASE("slices, sums and products of lists") {
  const Ints list{0, 1, 2, 3, 4};
  CHECK(list.slice(std::nullopt, std::nullopt, -1) == Ints{4, 3, 2, 1, 0});
  CHECK(list.slice(-2, std::nullopt) == Ints{3, 4});
  CHECK(list.slice(3, 1) == Ints{});
  CHECK(list.slice(3, 0, -2) == Ints{3, 1});
  CHECK(list.slice(INT64_MIN, INT64_MAX, 2) == Ints{0, 2, 4});
  CHECK(list.slice(INT64_MAX, INT64_MIN, INT64_MIN) == Ints{4});
  CHECK_THROWS_AS(list.slice(0, 1, 0), ts2cpp::Error);
  CHECK(Ints{1} + Ints{2} == Ints{1, 2});
  CHECK(Ints{1, 2}.repeat(2) == Ints{1, 2, 1, 2});
  CHECK(Ints{1, 2}.repeat(-1) == Ints{});
}

TEST_CASE("a list may change while it is walked") {
  const Ints list{1, 2};
  std::int64_t sum = 0;
  for (const std::int64_t item : list) {
    list.append(item);
    sum += item;
  }
  CHECK(sum == 3);
  CHECK_THROWS_AS(
      [&list] {
        for (const std::int64_t item : list) {
          list.clear();
          (void)item;
        }
      }(),
      ts2cpp::Error);
}

TEST_CASE("a list of bools has real bools") {
  const List<bool> list{true, false};
  CHECK(list.data()[0]);
  CHECK_FALSE(list.at(1));
  const List<List<bool>> nested{list};
  nested.at(0).append(true);
  CHECK(list.size() == 3);
}

TEST_CASE("a dict keeps the order of insertion") {
  const Dict<std::string, std::int64_t> dict{{"b", 1}, {"a", 2}};
  const auto alias = dict;
  alias.set("c", 3);
  alias.set("b", 4);
  CHECK(dict.keys() == List<std::string>{"b", "a", "c"});
  CHECK(dict.values() == Ints{4, 2, 3});
  CHECK(dict.at("a") == 2);
  CHECK(dict.get("x") == std::nullopt);
  CHECK(dict.get("x", 5) == 5);
  CHECK(dict.setdefault("d", 6) == 6);
  CHECK(dict.pop("a") == 2);
  CHECK(dict.pop("a", 9) == 9);
  CHECK(dict.popitem() == std::make_tuple(std::string("b"), std::int64_t{4}));
  CHECK(dict.contains("c"));
  try {
    dict.at("q");
    FAIL("no error");
  } catch (const ts2cpp::Error& error) {
    CHECK(error.kind() == "KeyError");
    CHECK(error.message() == "q");
  }
  CHECK(dict == Dict<std::string, std::int64_t>{{"d", 6}, {"c", 3}});
  CHECK(dict.copy() == dict);
  dict.clear();
  CHECK(dict.empty());
  CHECK_THROWS_AS(dict.popitem(), ts2cpp::Error);
}

TEST_CASE("a dict stays right when much is removed") {
  const Dict<std::int64_t, std::int64_t> dict;
  for (std::int64_t i = 0; i < 1000; ++i) {
    dict.set(i, i * i);
  }
  for (std::int64_t i = 0; i < 1000; ++i) {
    if (i % 10 != 0) {
      dict.erase(i);
    }
  }
  CHECK(dict.size() == 100);
  std::int64_t expected = 0;
  for (const auto& item : dict.items()) {
    CHECK(std::get<0>(item) == expected);
    CHECK(dict.at(expected) == expected * expected);
    expected += 10;
  }
}
