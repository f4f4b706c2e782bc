// Random numbers: the values are those of PyTorch 2.13 for the same seeds.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <vector>
#include <ts2cpp/ops/distributions.hpp>
#include <ts2cpp/ops/random.hpp>
#include <ts2cpp/random.hpp>
#include <ts2cpp/ref.hpp>
#include <ts2cpp/tensor.hpp>

namespace ops = ts2cpp::ops;
using ts2cpp::DType;
using ts2cpp::Tensor;

namespace {

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return std::vector<T>(tensor.data<T>(), tensor.data<T>() + tensor.numel());
}

std::uint64_t hash(const Tensor& tensor) {
  std::uint64_t state = 14695981039346656037U;
  const auto* const bytes = static_cast<const unsigned char*>(tensor.raw_data());
  for (std::int64_t i = 0; i < tensor.numel() * tensor.itemsize(); ++i) {
    state = (state ^ bytes[i]) * 1099511628211U;
  }
  return state;
}

}  // namespace

TEST_CASE("the words are MT19937's") {
  ts2cpp::Generator generator(5489);
  CHECK(generator.random32() == 3499211612U);
  CHECK(generator.random32() == 581869302U);
  for (int i = 2; i < 9999; ++i) {
    generator.random32();
  }
  CHECK(generator.random32() == 4123659995U);  // the standard's check value, the 10000th
}

TEST_CASE("small draws of seed 0") {
  ts2cpp::manual_seed(0);
  CHECK(values<float>(ops::rand({3})) == std::vector<float>{0x1.fc2abp-2F, 0x1.89545ep-1F, 0x1.6a675p-4F});
  ts2cpp::manual_seed(0);
  CHECK(values<float>(ops::randn({5})) ==
        std::vector<float>{0x1.8a7eb8p+0F, -0x1.2c78ap-2F, -0x1.16e292p+1F, 0x1.23096cp-1F, -0x1.15a342p+0F});
  ts2cpp::manual_seed(0);
  CHECK(values<std::int64_t>(ops::randperm(8)) == std::vector<std::int64_t>{4, 0, 7, 3, 2, 5, 1, 6});
  ts2cpp::manual_seed(0);
  CHECK(values<std::int64_t>(ops::randint(0, 10, {6})) == std::vector<std::int64_t>{4, 9, 3, 0, 3, 9});
}

TEST_CASE("large draws have the bits of PyTorch") {
  ts2cpp::manual_seed(1);
  CHECK(hash(ops::randn({1003})) == 11607946020131980956U);
  CHECK(hash(ops::rand({777})) == 6989941982880704015U);
  CHECK(hash(ops::uniform_(Tensor::empty({500}, DType::float32), -0.25, 0.7)) == 12362007664468409617U);
  CHECK(hash(ops::normal_(Tensor::empty({4096}, DType::float32), 0.1, 0.02)) == 3076728734927417394U);
  CHECK(hash(ops::randn({37}, DType::float64)) == 12872818977122460131U);
  CHECK(hash(ops::normal_(Tensor::empty({160}, DType::float64), 0.3, 1.7)) == 2875211657972819873U);
  CHECK(hash(ops::uniform_(Tensor::empty({50}, DType::float64), -0.3, 1.7)) == 404004744920377036U);
  CHECK(hash(ops::randn({37}, DType::float16)) == 8276603240569102150U);
  CHECK(hash(ops::rand({3000}, DType::bfloat16)) == 15866845545699076200U);
  CHECK(hash(ops::uniform_(Tensor::empty({3000}, DType::float16), -0.31, 1.7)) == 3520660574345330814U);
  CHECK(hash(ops::randn({7})) == 16799689053069850971U);
  CHECK(hash(ops::randint(-5, 5000000000, {99})) == 13848178228742050133U);
  CHECK(hash(ops::randint(17, {99}, DType::int32)) == 4067156058139550156U);
  CHECK(hash(ops::randperm(1000)) == 1157799153428683901U);
  CHECK(hash(ops::bernoulli_(Tensor::empty({99}, DType::bool_), 0.3)) == 14843511746859571288U);
  CHECK(hash(ops::bernoulli(ops::rand({99}))) == 10082682182833479304U);
  CHECK(hash(ops::exponential_(Tensor::empty({99}, DType::float32), 1.5)) == 5485810406481231482U);
  CHECK(hash(ops::dropout(ops::rand({4, 25}), 0.3, true)) == 2567669219335840467U);
  CHECK(hash(ops::feature_dropout(ops::rand({4, 5, 3}), 0.3, true)) == 8288218554403705440U);
  CHECK(hash(ops::multinomial(ops::rand({3, 10}), 4)) == 722044612848697666U);
  CHECK(hash(ops::multinomial(ops::rand({3, 10}), 40, true)) == 7632563260200940362U);
  CHECK(hash(ops::random_(Tensor::empty({99}, DType::int16))) == 1004732812897380658U);
  CHECK(hash(ops::random_(Tensor::empty({99}, DType::float32))) == 3254063615848435075U);
  CHECK(hash(ops::rand_like(ops::rand({3, 4, 5}))) == 1054096418708818961U);
  CHECK(hash(ops::normal(ops::rand({40}), 0.5)) == 8259141333191140727U);
  CHECK(hash(ops::normal(0.25, ops::rand({40}))) == 14071107146437165681U);
  CHECK(hash(ops::alpha_dropout(ops::rand({40}), 0.3, true)) == 16832169556121964788U);
  CHECK(hash(ops::feature_alpha_dropout(ops::rand({2, 5, 4}), 0.3, true)) == 8009189896365654252U);
  CHECK(hash(std::get<0>(ops::native_dropout(ops::rand({40}), 0.3, true))) == 12837574904630810927U);
}

TEST_CASE("what cannot be drawn is refused") {
  const Tensor floats = Tensor::empty({3}, DType::float32);
  CHECK_THROWS_AS(ops::randint(3, 3, {2}), ts2cpp::Error);
  CHECK_THROWS_AS(ops::randint(0, 300, {2}, DType::uint8), ts2cpp::Error);
  CHECK_THROWS_AS(ops::uniform_(floats, 2, 1), ts2cpp::Error);
  CHECK_THROWS_AS(ops::normal_(floats, 0, -1), ts2cpp::Error);
  CHECK_THROWS_AS(ops::randn({2}, DType::int64), ts2cpp::Error);
  CHECK_THROWS_AS(ops::dropout(floats, 1.5, true), ts2cpp::Error);
  CHECK_THROWS_AS(ops::randperm(-1), ts2cpp::Error);
  CHECK_THROWS_AS(ops::exponential_(floats, -1), ts2cpp::Error);
  const Tensor weights = Tensor::from_data(std::vector<float>{0.1F, -0.2F}, {2});
  CHECK_THROWS_AS(ops::multinomial(weights, 1), ts2cpp::Error);
  CHECK_THROWS_AS(ops::bernoulli(weights), ts2cpp::Error);
}

TEST_CASE("an operator draws from the generator that it is given") {
  const auto own = ts2cpp::blank<ts2cpp::Generator>();
  own->manual_seed(5);
  ts2cpp::manual_seed(5);
  const Tensor expected = ops::rand({3});
  ts2cpp::manual_seed(1);
  const Tensor first = ops::rand({3});
  ts2cpp::manual_seed(1);
  CHECK(values<float>(ts2cpp::WithGenerator(own).result(ops::rand({3}))) == values<float>(expected));
  CHECK(values<float>(ops::rand({3})) == values<float>(first));
  ts2cpp::manual_seed(1);
  CHECK(values<float>(ts2cpp::WithGenerator(std::nullopt).result(ops::rand({3}))) == values<float>(first));
}
