// Objects of user classes, and the end of with blocks.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/copies.hpp>
#include <ts2cpp/dict.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ref.hpp>
#include <ts2cpp/tensor.hpp>

#include "raised.hpp"

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() = 0;
};

struct Square : ts2cpp::Object<Square>, Shape {
  double side{0.0};
  void init(double side_in) { side = side_in; }
  double area() override { return side * side; }
  ts2cpp::Ref<Square> grown(double by) {
    side += by;
    return ts2cpp::self(this);
  }
};

/// An object that refers to itself, and holds what others hold too.
struct Node : ts2cpp::Object<Node> {
  ts2cpp::Tensor values;
  ts2cpp::Ref<Node> next;
};
void own_members(ts2cpp::Copies& copies, Node& node) {
  copies.own(node.values);
  copies.own(node.next);
}

TEST_CASE("copies are whole, and what was one thing is one again") {
  ts2cpp::Tensor values = ts2cpp::Tensor::from_data(std::vector<float>{1, 2, 3, 4}, {4});
  ts2cpp::Tensor last = values.reinterpreted(values.dtype(), {1}, {1}, 3);  // a view
  ts2cpp::List<ts2cpp::Tensor> list{values, last};
  const ts2cpp::List<ts2cpp::Tensor> original = list;
  ts2cpp::Dict<std::string, ts2cpp::List<ts2cpp::Tensor>> dict{{"same", list}};
  std::variant<std::int64_t, ts2cpp::Tensor> either = values;
  ts2cpp::Ref<Node> node = ts2cpp::blank<Node>();
  node->values = last;
  node->next = node;
  const ts2cpp::Ref<Node> before = node;
  const float* const shared = values.data<float>();

  ts2cpp::Copies copies;
  copies.own(values);
  copies.own(list);
  copies.own(dict);
  copies.own(either);
  copies.own(node);
  CHECK(values.data<float>() != shared);
  CHECK(list.at(0).is(values));
  CHECK(list.at(1).data<float>() == values.data<float>() + 3);
  CHECK_FALSE(list.is(original));
  CHECK(dict.at("same").is(list));
  CHECK(std::get<ts2cpp::Tensor>(either).is(values));
  CHECK_FALSE(node.is(before));
  CHECK(node->next.is(node));
  CHECK(node->values.is(list.at(1)));
  CHECK(original.at(0).data<float>() == shared);
  CHECK(node->values.data<float>()[0] == 4.0f);
  before->next = {};
  node->next = {};
}

TEST_CASE("references share their object") {
  const ts2cpp::Ref<Square> a = ts2cpp::make<Square>(2.0);
  const ts2cpp::Ref<Square> b = a;
  b->side = 3.0;
  CHECK(a->area() == 9.0);
  CHECK(a.is(b));
  CHECK(a == b);
  CHECK(a != ts2cpp::make<Square>(3.0));
  CHECK(a->grown(1.0).is(a));
  const ts2cpp::Ref<Shape> shape = a;
  CHECK(shape->area() == 16.0);
  CHECK(shape.is(a));
}

TEST_CASE("objects outlive the variables that made them") {
  ts2cpp::List<ts2cpp::Ref<Square>> squares;
  {
    const ts2cpp::Ref<Square> square = ts2cpp::make<Square>(2.0);
    squares.append(square);
    squares.append(square);
  }
  squares.at(0)->side = 5.0;
  CHECK(squares.at(1)->area() == 25.0);
  CHECK(squares.contains(squares.at(1)));
  CHECK_FALSE(squares.contains(ts2cpp::make<Square>(5.0)));
}

TEST_CASE("a reference to nothing raises") {
  const ts2cpp::Ref<Square> nothing;
  CHECK(raised::error_of([&] { nothing->area(); }) == "RuntimeError: an object is used before it has a value");
}

TEST_CASE("references may be copied by several threads") {
  const ts2cpp::Ref<Square> square = ts2cpp::make<Square>(2.0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([square] {
      for (int j = 0; j < 1000; ++j) {
        const ts2cpp::Ref<Square> copy = square;
        CHECK(copy->side == 2.0);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("a with block is left once") {
  int left = 0;
  {
    ts2cpp::With block([&] { ++left; });
    block.exit();
  }
  CHECK(left == 1);
}

TEST_CASE("a with block is left when an exception passes, and what that raises is dropped") {
  int left = 0;
  const auto run = [&] {
    ts2cpp::With block([&] {
      ++left;
      ts2cpp::raise("ValueError", "second");
    });
    ts2cpp::raise("KeyError", "first");
  };
  CHECK(raised::error_of(run) == "KeyError: first");
  CHECK(left == 1);
}

TEST_CASE("what leaving raises is raised where the block ends") {
  int left = 0;
  const auto run = [&] {
    ts2cpp::With block([&] {
      ++left;
      ts2cpp::raise("ValueError", "while leaving");
    });
    block.exit();
  };
  CHECK(raised::error_of(run) == "ValueError: while leaving");
  CHECK(left == 1);
}

}  // namespace
