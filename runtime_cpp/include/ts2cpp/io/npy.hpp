// NumPy's .npy format: one array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/array.hpp>
#include <ts2cpp/io/file.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::io {

namespace detail {

[[noreturn]] TS2CPP_COLD inline void bad_npy(const std::string& what) { raise("ValueError", {"npy: ", what}); }

/// The header: a Python dict literal with exactly the keys descr, fortran_order and shape.
struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

class NpyHeaderParser {
 public:
  explicit NpyHeaderParser(std::string_view text) : text_(text) {}

  TS2CPP_COLD NpyHeader parse() {
    NpyHeader header;
    unsigned seen = 0;
    expect('{');
    while (!accept('}')) {
      const std::string key = parse_string();
      expect(':');
      unsigned bit = 0;
      if (key == "descr") {
        bit = 1;
        header.descr = parse_string();
      } else if (key == "fortran_order") {
        bit = 2;
        header.fortran_order = parse_bool();
      } else if (key == "shape") {
        bit = 4;
        header.shape = parse_shape();
      }
      if (bit == 0 || (seen & bit) != 0) {
        bad_npy("unexpected key in the header");
      }
      seen |= bit;
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (seen != 7 || at_ != text_.size()) {
      bad_npy("the header is not what NumPy writes");
    }
    return header;
  }

 private:
  void skip_blanks() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
      ++at_;
    }
  }
  bool accept(char c) noexcept {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) {
      bad_npy("the header is not what NumPy writes (arrays of objects and records are not read)");
    }
  }
  TS2CPP_COLD std::string parse_string() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') {
      expect('\'');
    }
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      bad_npy("a string in the header does not end");
    }
    std::string result(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return result;
  }
  bool parse_bool() {
    skip_blanks();
    for (const std::string_view word : {std::string_view("True"), std::string_view("False")}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word.size() == 4;
      }
    }
    bad_npy("fortran_order is neither True nor False");
  }
  TS2CPP_COLD std::vector<std::int64_t> parse_shape() {
    constexpr std::size_t kMaxRank = 64;
    std::vector<std::int64_t> shape;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t size = 0;
      const std::size_t first = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        const std::int64_t digit = text_[at_] - '0';
        if (size > (INT64_MAX - digit) / 10) {
          bad_npy("a size in the shape is too large");
        }
        size = size * 10 + digit;
      }
      if (at_ == first || shape.size() == kMaxRank) {
        bad_npy("bad shape");
      }
      shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

TS2CPP_COLD inline DType npy_dtype(const std::string& descr) {
  static constexpr std::pair<std::string_view, DType> kTypes[] = {
      {"|u1", DType::uint8},     {"|i1", DType::int8},        {"<i2", DType::int16},   {"<i4", DType::int32},
      {"<i8", DType::int64},     {"<f2", DType::float16},     {"<f4", DType::float32}, {"<f8", DType::float64},
      {"<c8", DType::complex64}, {"<c16", DType::complex128}, {"|b1", DType::bool_},   {"<V2", DType::bfloat16},
      {"|V2", DType::bfloat16}};
  for (const auto& [name, dtype] : kTypes) {
    if (name == descr) {
      return dtype;
    }
  }
  bad_npy("dtype '" + descr.substr(0, 40) + "' is not supported");
}

inline const char* npy_descr(DType dtype) noexcept {
  switch (dtype) {
    case DType::uint8: return "|u1";
    case DType::int8: return "|i1";
    case DType::int16: return "<i2";
    case DType::int32: return "<i4";
    case DType::int64: return "<i8";
    case DType::float16: return "<f2";
    case DType::float32: return "<f4";
    case DType::float64: return "<f8";
    case DType::complex64: return "<c8";
    case DType::complex128: return "<c16";
    case DType::bool_: return "|b1";
    case DType::bfloat16: return "<V2";
  }
  return "|V1";
}

TS2CPP_COLD inline void append_utf8(std::string& out, std::uint64_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    bad_npy("bad character in a unicode array");
  }
  const auto byte = [&out](std::uint64_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6U);
    byte(0x80 | (code & 0x3F));
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12U);
    } else {
      byte(0xF0 | code >> 18U);
      byte(0x80 | (code >> 12U & 0x3F));
    }
    byte(0x80 | (code >> 6U & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

/// The code points of UTF-8 text; bytes that are not UTF-8 become U+FFFD.
TS2CPP_COLD inline std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> result;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80        ? 1
                               : first >> 5U == 6  ? 2
                               : first >> 4U == 14 ? 3
                               : first >> 3U == 30 ? 4
                                                   : 0;
    std::uint32_t code = length == 1 ? first : length == 0 ? 0 : first & (0xFFU >> (length + 1));
    bool good = length != 0 && at + length <= text.size();
    for (std::size_t i = 1; good && i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      good = next >> 6U == 2;
      code = code << 6U | (next & 0x3FU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    good = good && code >= kSmallest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    result.push_back(good ? code : 0xFFFD);
    at += good ? length : 1;
  }
  return result;
}

TS2CPP_COLD inline std::optional<std::string> npy_text(const NpyHeader& header, ByteView data) {
  const bool unicode = header.descr.size() > 2 && header.descr.compare(0, 2, "<U") == 0;
  if (!unicode && header.descr != "|U0" && header.descr != "<U0") {
    return std::nullopt;
  }
  std::uint64_t length = 0;
  for (const char c : header.descr.substr(2)) {
    length = c >= '0' && c <= '9' && length < (std::uint64_t{1} << 40U)
                 ? length * 10 + static_cast<std::uint64_t>(c - '0')
                 : UINT64_MAX / 8;
  }
  if (!header.shape.empty()) {
    bad_npy("text must be a 0-d array");
  }
  if (data.size / 4 != length || data.size % 4 != 0) {
    bad_npy("the data does not have the length that its header needs");
  }
  std::string text;
  std::uint64_t trailing = 0;  // NumPy pads with zeros
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t code = little_endian(data.data + 4 * i, 4);
    if (code == 0) {
      ++trailing;
      continue;
    }
    text.append(static_cast<std::size_t>(trailing), '\0');
    trailing = 0;
    append_utf8(text, code);
  }
  return text;
}

/// Fortran order to C order: the same bytes seen with reversed strides, copied element by element.
inline Tensor from_fortran(const unsigned char* data, IntSpan shape, DType dtype) {
  const Tensor result = Tensor::empty(shape, dtype);
  const auto item = static_cast<std::size_t>(element_size(dtype));
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.size()), 0);
  auto* out = static_cast<unsigned char*>(result.raw_data());
  for (std::int64_t i = 0; i < result.numel(); ++i, out += item) {
    std::size_t offset = 0;
    for (std::size_t d = index.size(); d-- > 0;) {
      offset =
          offset * static_cast<std::size_t>(shape[static_cast<std::int64_t>(d)]) + static_cast<std::size_t>(index[d]);
    }
    std::memcpy(out, data + offset * item, item);
    for (std::size_t d = index.size(); d-- > 0 && ++index[d] == shape[static_cast<std::int64_t>(d)];) {
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace detail

/// Reads an array from the image of a .npy file; ValueError when anything is out of order.
TS2CPP_COLD inline Array parse_npy(ByteView file) {
  constexpr std::string_view kMagic("\x93NUMPY", 6);
  if (file.size < 10 || std::memcmp(file.data, kMagic.data(), kMagic.size()) != 0) {
    detail::bad_npy("not a .npy file");
  }
  const unsigned version = file.data[6];
  if (version < 1 || version > 3 || file.data[7] != 0) {
    detail::bad_npy("unknown format version");
  }
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (file.size < prefix) {
    detail::bad_npy("the file is too short");
  }
  const auto header_size = static_cast<std::size_t>(little_endian(file.data + 8, version == 1 ? 2 : 4));
  constexpr std::size_t kHeaderLimit = 1U << 16U;
  if (header_size > kHeaderLimit || header_size > file.size - prefix) {
    detail::bad_npy("the header does not fit into the file");
  }
  const std::string_view text(reinterpret_cast<const char*>(file.data) + prefix, header_size);
  const detail::NpyHeader header = detail::NpyHeaderParser(text).parse();
  const ByteView data{file.data + prefix + header_size, file.size - prefix - header_size};
  Array array;
  array.text = detail::npy_text(header, data);
  if (array.text) {
    return array;
  }
  const DType dtype = detail::npy_dtype(header.descr);
  const std::int64_t numel = checked_numel(header.shape);
  const auto item = static_cast<std::size_t>(element_size(dtype));
  if (data.size / item != static_cast<std::size_t>(numel) || data.size % item != 0) {
    detail::bad_npy("the data does not have the length that its header needs");
  }
  if (header.fortran_order && header.shape.size() > 1) {
    array.tensor = detail::from_fortran(data.data, header.shape, dtype);
  } else {
    array.tensor = Tensor::empty(header.shape, dtype);
    if (data.size != 0) {
      std::memcpy(array.tensor.raw_data(), data.data, data.size);
    }
  }
  if (dtype == DType::bool_) {
    auto* const bytes = static_cast<unsigned char*>(array.tensor.raw_data());
    for (std::int64_t i = 0; i < numel; ++i) {
      bytes[i] = bytes[i] != 0 ? 1 : 0;  // any other value in a bool is undefined behaviour
    }
  }
  return array;
}

namespace detail {

TS2CPP_COLD inline std::string npy_image(const std::string& descr, IntSpan shape, std::string_view data) {
  std::string dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : shape) {
    dict += std::to_string(size) + (shape.size() == 1 ? "," : ", ");
  }
  if (shape.size() > 1) {
    dict.resize(dict.size() - 2);
  }
  dict += "), }";
  while ((10 + dict.size() + 1) % 64 != 0) {
    dict += ' ';
  }
  dict += '\n';
  std::string image("\x93NUMPY\x01\x00", 8);
  append_little_endian(image, dict.size(), 2);
  return image.append(dict).append(data);
}

}  // namespace detail

/// The image of a .npy file with the elements of `tensor`, row by row.
TS2CPP_COLD inline std::string npy_image(const Tensor& tensor) {
  const auto item = static_cast<std::size_t>(tensor.itemsize());
  std::string data(static_cast<std::size_t>(tensor.numel()) * item, '\0');
  DimVector index(tensor.dim());
  std::int64_t offset = 0;
  const auto* const source = static_cast<const char*>(tensor.raw_data());
  if (tensor.is_contiguous()) {
    if (!data.empty()) {
      std::memcpy(data.data(), source, data.size());
    }
  } else {
    for (std::size_t i = 0; i < data.size(); i += item) {
      std::memcpy(data.data() + i, source + static_cast<std::size_t>(offset) * item, item);
      for (std::int64_t d = tensor.dim() - 1; d >= 0; --d) {
        offset += tensor.strides()[d];
        if (++index[d] < tensor.sizes()[d]) {
          break;
        }
        offset -= index[d] * tensor.strides()[d];
        index[d] = 0;
      }
    }
  }
  return detail::npy_image(detail::npy_descr(tensor.dtype()), tensor.sizes(), data);
}

/// The image of a .npy file with a 0-d unicode array.
TS2CPP_COLD inline std::string npy_image(std::string_view text) {
  const std::vector<std::uint32_t> codes = detail::code_points(text);
  std::string data;
  for (const std::uint32_t code : codes) {
    append_little_endian(data, code, 4);
  }
  if (codes.empty()) {
    append_little_endian(data, 0, 4);  // NumPy stores an empty text as one zero
  }
  return detail::npy_image("<U" + std::to_string(codes.empty() ? 1 : codes.size()), IntSpan(), data);
}

}  // namespace ts2cpp::io
