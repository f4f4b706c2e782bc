// Decompression of DEFLATE data (RFC 1951), for compressed .npz files. `decode` is an altered version of puff's; see
// NOTICE.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <ts2cpp/error.hpp>
#include <ts2cpp/io/file.hpp>

namespace ts2cpp::io {
namespace detail {

class Inflater {
 public:
  Inflater(ByteView input, std::size_t size) : input_(input), size_(size) {}

  TS2CPP_COLD std::string run() {
    constexpr std::size_t kTrusted = 1U << 24U;  // beyond that memory grows with what really comes out
    output_.reserve(size_ < kTrusted ? size_ : kTrusted);
    bool last = false;
    while (!last) {
      last = bits(1) != 0;
      switch (bits(2)) {
        case 0: copy_stored(); break;
        case 1: decode_block(fixed_literals(), fixed_distances()); break;
        case 2: decode_dynamic(); break;
        default: fail();
      }
    }
    if (output_.size() != size_) {
      fail();
    }
    return std::move(output_);
  }

 private:
  static constexpr int kMaxBits = 15;

  /// A canonical Huffman code: how many codes of each length there are, and the symbols in the order of the codes.
  struct Code {
    std::array<std::uint16_t, kMaxBits + 1> count{};
    std::array<std::uint16_t, 288> symbol{};
  };

  [[noreturn]] TS2CPP_COLD static void fail() { raise("ValueError", "the compressed data is damaged"); }

  unsigned bits(int count) {
    while (available_ < count) {
      if (at_ == input_.size) {
        fail();
      }
      buffer_ |= static_cast<std::uint32_t>(input_.data[at_++]) << static_cast<unsigned>(available_);
      available_ += 8;
    }
    const unsigned value = buffer_ & ((1U << static_cast<unsigned>(count)) - 1U);
    buffer_ >>= static_cast<unsigned>(count);
    available_ -= count;
    return value;
  }

  void append(char byte) {
    if (output_.size() == size_) {
      fail();
    }
    output_ += byte;
  }

  TS2CPP_COLD void copy_stored() {
    buffer_ = 0;
    available_ = 0;  // the rest of the byte is padding
    if (input_.size - at_ < 4) {
      fail();
    }
    const auto length = static_cast<std::size_t>(little_endian(input_.data + at_, 2));
    const auto check = static_cast<std::size_t>(little_endian(input_.data + at_ + 2, 2));
    at_ += 4;
    if ((length ^ 0xFFFFU) != check || length > input_.size - at_ || length > size_ - output_.size()) {
      fail();
    }
    output_.append(reinterpret_cast<const char*>(input_.data) + at_, length);
    at_ += length;
  }

  template <std::size_t N>
  TS2CPP_COLD static Code make_code(const std::array<std::uint8_t, N>& lengths, std::size_t first, std::size_t count) {
    Code code;
    for (std::size_t i = 0; i < count; ++i) {
      ++code.count[lengths[first + i]];
    }
    code.count[0] = 0;
    int left = 1;  // codes of the present length that are free; too many symbols would make it negative
    std::array<std::uint16_t, kMaxBits + 2> offset{};
    for (std::size_t length = 1; length <= kMaxBits; ++length) {
      left = 2 * left - code.count[length];
      if (left < 0) {
        fail();
      }
      offset[length + 1] = static_cast<std::uint16_t>(offset[length] + code.count[length]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (lengths[first + i] != 0) {
        code.symbol[offset[lengths[first + i]]++] = static_cast<std::uint16_t>(i);
      }
    }
    return code;
  }

  unsigned decode(const Code& code) {
    int value = 0;
    int first = 0;
    int index = 0;
    for (std::size_t length = 1; length <= kMaxBits; ++length) {
      value |= static_cast<int>(bits(1));
      const int count = code.count[length];
      if (value - first < count) {
        return code.symbol[static_cast<std::size_t>(index + value - first)];
      }
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    fail();
  }

  static Code fixed_literals() {
    std::array<std::uint8_t, 288> lengths{};
    for (std::size_t i = 0; i < 288; ++i) {
      lengths[i] = static_cast<std::uint8_t>(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    }
    return make_code(lengths, 0, 288);
  }
  static Code fixed_distances() {
    std::array<std::uint8_t, 30> lengths{};
    lengths.fill(5);
    return make_code(lengths, 0, 30);
  }

  TS2CPP_COLD void decode_dynamic() {
    static constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                            11, 4,  12, 3, 13, 2, 14, 1, 15};
    const std::size_t literals = bits(5) + 257;
    const std::size_t distances = bits(5) + 1;
    const std::size_t code_lengths = bits(4) + 4;
    if (literals > 286 || distances > 30) {
      fail();
    }
    std::array<std::uint8_t, 320> lengths{};
    for (std::size_t i = 0; i < code_lengths; ++i) {
      lengths[kOrder[i]] = static_cast<std::uint8_t>(bits(3));
    }
    const Code length_code = make_code(lengths, 0, 19);
    lengths.fill(0);
    for (std::size_t at = 0; at < literals + distances;) {
      const unsigned symbol = decode(length_code);
      if (symbol < 16) {
        lengths[at++] = static_cast<std::uint8_t>(symbol);
        continue;
      }
      if (symbol == 16 && at == 0) {
        fail();
      }
      const std::uint8_t value = symbol == 16 ? lengths[at - 1] : std::uint8_t{0};
      const std::size_t repeat = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
      if (at + repeat > literals + distances) {
        fail();
      }
      for (std::size_t i = 0; i < repeat; ++i) {
        lengths[at++] = value;
      }
    }
    decode_block(make_code(lengths, 0, literals), make_code(lengths, literals, distances));
  }

  void decode_block(const Code& literal_code, const Code& distance_code) {
    for (;;) {
      const unsigned symbol = decode(literal_code);
      if (symbol < 256) {
        append(static_cast<char>(symbol));
        continue;
      }
      if (symbol == 256) {
        return;
      }
      const std::size_t length = match_length(symbol - 257);
      const std::size_t distance = match_distance(decode(distance_code));
      if (distance > output_.size() || length > size_ - output_.size()) {
        fail();
      }
      for (std::size_t i = 0; i < length; ++i) {
        output_ += output_[output_.size() - distance];
      }
    }
  }

  /// Lengths 3 to 258: groups of four codes, each group with one more extra bit.
  std::size_t match_length(unsigned code) {
    if (code == 28) {
      return 258;
    }
    if (code > 28) {
      fail();
    }
    if (code < 8) {
      return code + 3;
    }
    const unsigned extra = code / 4 - 1;
    return 3 + ((4 + code % 4) << extra) + bits(static_cast<int>(extra));
  }
  /// Distances 1 to 32768: groups of two codes, each group with one more extra bit.
  std::size_t match_distance(unsigned code) {
    if (code > 29) {
      fail();
    }
    if (code < 4) {
      return code + 1;
    }
    const unsigned extra = code / 2 - 1;
    return 1 + ((2 + code % 2) << extra) + bits(static_cast<int>(extra));
  }

  ByteView input_;
  std::size_t size_;
  std::string output_;
  std::size_t at_ = 0;
  std::uint32_t buffer_ = 0;
  int available_ = 0;
};

}  // namespace detail

/// Decompresses to exactly `size` bytes; ValueError when the data is damaged or has another length. The caller has
/// made sure that `size` is plausible (at most 1032 times the input).
inline std::string inflate(ByteView input, std::size_t size) { return detail::Inflater(input, size).run(); }

}  // namespace ts2cpp::io
