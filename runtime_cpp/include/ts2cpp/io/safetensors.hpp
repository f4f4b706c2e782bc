// The reader of .safetensors files, and the check of one against the table of weights (io/weights.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/file.hpp>
#include <ts2cpp/io/json.hpp>
#include <ts2cpp/io/weights.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::io {

/// A weight that a file holds.
struct WeightEntry {
  std::string name;
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // after the header
  std::uint64_t end = 0;
};

namespace detail {

[[noreturn]] TS2CPP_COLD inline void bad_weights(const std::string& what) {
  raise("ValueError", {"safetensors: ", what});
}

TS2CPP_COLD inline DType safetensors_dtype(const std::string& text) {
  static constexpr std::pair<std::string_view, DType> kTypes[] = {
      {"F64", DType::float64}, {"F32", DType::float32}, {"F16", DType::float16},   {"BF16", DType::bfloat16},
      {"I64", DType::int64},   {"I32", DType::int32},   {"I16", DType::int16},     {"I8", DType::int8},
      {"U8", DType::uint8},    {"BOOL", DType::bool_},  {"C64", DType::complex64}, {"C128", DType::complex128}};
  for (const auto& [name, dtype] : kTypes) {
    if (name == text) {
      return dtype;
    }
  }
  bad_weights("unknown dtype \"" + text.substr(0, 40) + "\"");
}

TS2CPP_COLD inline WeightEntry parse_weight(const std::string& name, const Json& description) {
  const Json* const dtype = description.find("dtype");
  const Json* const shape = description.find("shape");
  const Json* const offsets = description.find("data_offsets");
  if (dtype == nullptr || dtype->kind != Json::Kind::string || shape == nullptr || shape->kind != Json::Kind::array ||
      offsets == nullptr || offsets->kind != Json::Kind::array || offsets->items.size() != 2 ||
      description.names.size() != 3) {
    bad_weights("\"" + name + "\" needs exactly dtype, shape and data_offsets");
  }
  WeightEntry entry;
  entry.name = name;
  entry.dtype = safetensors_dtype(dtype->text);
  entry.begin = offsets->items[0].to_unsigned();
  entry.end = offsets->items[1].to_unsigned();
  std::uint64_t bytes = static_cast<std::uint64_t>(element_size(entry.dtype));
  bool overflow = false;
  for (const Json& item : shape->items) {
    const std::uint64_t size = item.to_unsigned();
    overflow = overflow || size > INT64_MAX || (size != 0 && bytes > INT64_MAX / size);
    bytes = overflow ? 0 : bytes * size;
    entry.shape.push_back(overflow ? 0 : static_cast<std::int64_t>(size));
  }
  if (overflow || entry.begin > entry.end || entry.end - entry.begin != bytes) {
    bad_weights("the data of \"" + name + "\" does not have the length that its shape needs");
  }
  return entry;
}

}  // namespace detail

/// The entries of a safetensors image in the order of its header, and where the data begins. ValueError unless the
/// header is well formed and the entries cover the data without holes or overlaps.
TS2CPP_COLD inline std::pair<std::vector<WeightEntry>, std::size_t> parse_safetensors(ByteView file) {
  constexpr std::uint64_t kHeaderLimit = 100'000'000;
  if (file.size < 8) {
    detail::bad_weights("the file is too short");
  }
  const std::uint64_t header_size = little_endian(file.data, 8);
  if (header_size > kHeaderLimit || header_size > file.size - 8) {
    detail::bad_weights("the header does not fit into the file (" + std::to_string(file.size) + " bytes)");
  }
  const std::string_view header(reinterpret_cast<const char*>(file.data) + 8, static_cast<std::size_t>(header_size));
  if (header.empty() || header[0] != '{') {
    detail::bad_weights("the header is not a JSON object");
  }
  const Json root = parse_json(header);
  std::vector<WeightEntry> entries;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < root.names.size(); ++i) {
    const std::string& name = root.names[i];
    const Json& description = root.items[i];
    if (!names.insert(name).second) {
      detail::bad_weights("\"" + name + "\" appears twice");
    }
    if (description.kind != Json::Kind::object) {
      detail::bad_weights("\"" + name + "\" is not described by an object");
    }
    if (name != "__metadata__") {
      entries.push_back(detail::parse_weight(name, description));
      continue;
    }
    for (const Json& value : description.items) {
      if (value.kind != Json::Kind::string) {
        detail::bad_weights("metadata must be strings");
      }
    }
  }
  // Maps sort as well, and are small in a program that has them anyway.
  std::multimap<std::pair<std::uint64_t, std::uint64_t>, const WeightEntry*> by_place;
  for (const WeightEntry& entry : entries) {
    by_place.emplace(std::pair(entry.begin, entry.end), &entry);
  }
  std::uint64_t covered = 0;
  for (const auto& [place, entry] : by_place) {
    if (entry->begin != covered) {
      detail::bad_weights("the data of \"" + entry->name + "\" leaves a hole or overlaps");
    }
    covered = entry->end;
  }
  const std::size_t data_begin = 8 + static_cast<std::size_t>(header_size);
  if (covered != file.size - data_begin) {
    detail::bad_weights("the file holds " + std::to_string(file.size - data_begin) +
                        " bytes of data, the header says " + std::to_string(covered));
  }
  return {std::move(entries), data_begin};
}

namespace detail {

/// A tensor over the file's image, or over a copy where the image is not aligned for it or the tensor is small: what a
/// call reads of it again and again would keep the pages around it in memory.
TS2CPP_COLD inline Tensor make_weight(const WeightSpec& spec, unsigned char* data,
                                      const std::shared_ptr<FileBytes>& bytes) {
  const auto alignment = static_cast<std::uintptr_t>(element_size(spec.dtype));
  Tensor weight;
  constexpr std::int64_t kSmall = 1 << 14;  // bytes
  std::int64_t size = element_size(spec.dtype);
  for (const std::int64_t extent : spec.shape.span()) {
    size *= extent;
  }
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignment == 0;
  const bool in_place = aligned && (!bytes->is_mapped() || size > kSmall);
  if (in_place) {
    weight = Tensor::external(data, spec.shape.span(), spec.dtype, bytes);
  } else {
    weight = Tensor::empty(spec.shape.span(), spec.dtype);
    std::memcpy(weight.raw_data(), data, static_cast<std::size_t>(weight.numel() * weight.itemsize()));
  }
  weight.storage().mark_constant(in_place && bytes->is_mapped());
  return weight;
}

/// What a file has that the table has not, or has in another way.
TS2CPP_COLD inline std::vector<std::string> weight_differences(const std::vector<WeightEntry>& entries,
                                                               Span<const WeightSpec> table) {
  std::map<std::string_view, const WeightEntry*> left;
  for (const WeightEntry& entry : entries) {
    left.emplace(entry.name, &entry);
  }
  std::vector<std::string> differences;
  for (const WeightSpec& spec : table) {
    const auto place = left.find(spec.name);
    const std::string label = "\"" + std::string(spec.name) + "\"";
    if (place == left.end()) {
      differences.push_back(label + " is missing");
      continue;
    }
    const WeightEntry& found = *place->second;
    left.erase(place);
    if (found.dtype != spec.dtype) {
      differences.push_back(label + " is " + dtype_name(found.dtype) + ", expected " + dtype_name(spec.dtype));
    } else if (IntSpan(found.shape) != spec.shape.span()) {
      differences.push_back(label + " has shape " + to_string(IntSpan(found.shape)) + ", expected " +
                            to_string(spec.shape.span()));
    } else if (found.begin != spec.offset) {
      differences.push_back(label + " is at offset " + std::to_string(found.begin) + ", expected " +
                            std::to_string(spec.offset));
    }
  }
  for (const auto& [name, unused] : left) {
    differences.push_back("\"" + std::string(name) + "\" is not expected");
  }
  return differences;
}

/// The tensors of a table, over an image that has all of them as the table says; ValueError if it has not.
TS2CPP_COLD inline std::vector<Tensor> make_weights(const std::shared_ptr<FileBytes>& bytes,
                                                    Span<const WeightSpec> table, const std::string& origin) {
  std::vector<std::string> differences;
  std::size_t data_begin = 0;
  try {
    const auto parsed = parse_safetensors(bytes->view());
    data_begin = parsed.second;
    differences = weight_differences(parsed.first, table);
  } catch (const Error& error) {
    raise("ValueError", {origin, ": ", error.message()});
  }
  if (!differences.empty()) {
    constexpr std::size_t kShown = 5;
    std::string text = origin + ": these are not the weights of this program";
    for (std::size_t i = 0; i < std::min(differences.size(), kShown); ++i) {
      text += "\n  " + differences[i];
    }
    if (differences.size() > kShown) {
      text += "\n  and " + std::to_string(differences.size() - kShown) + " more differences";
    }
    raise("ValueError", text);
  }
  std::vector<Tensor> tensors;
  tensors.reserve(static_cast<std::size_t>(table.size()));
  for (const WeightSpec& spec : table) {
    tensors.push_back(make_weight(spec, bytes->data() + data_begin + spec.offset, bytes));
  }
  return tensors;
}

template <class Lazy>
TS2CPP_COLD std::vector<Tensor> open_weights(const std::string& path, Span<const WeightSpec> table) {
  return make_weights(FileBytes::open(path), table, path);
}

template <class Lazy>
TS2CPP_COLD std::vector<Tensor> copy_weights(const void* data, std::size_t size, Span<const WeightSpec> table) {
  const ByteView view{static_cast<const unsigned char*>(data), size};
  return make_weights(FileBytes::copy(view), table, "embedded weights");
}

template <class Lazy>
TS2CPP_COLD Tensor find_weight(const std::vector<Tensor>& tensors, Span<const WeightSpec> table,
                               std::string_view name) {
  for (std::int64_t i = 0; i < table.size(); ++i) {
    if (table[i].name == name) {
      const Tensor& weight = tensors[static_cast<std::size_t>(i)];
      return weight.with_layout(weight.sizes(), weight.strides(), 0);
    }
  }
  raise("KeyError", std::string(name));
}

}  // namespace detail

}  // namespace ts2cpp::io
