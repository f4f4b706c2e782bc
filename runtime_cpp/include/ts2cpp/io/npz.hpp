// NumPy's .npz format: named arrays in a zip archive, stored or deflated.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/arrays.hpp>
#include <ts2cpp/io/file.hpp>
#include <ts2cpp/io/inflate.hpp>
#include <ts2cpp/io/npy.hpp>

namespace ts2cpp::io {
namespace detail {

[[noreturn]] TS2CPP_COLD inline void bad_zip(const std::string& what) { raise("ValueError", {"npz: ", what}); }

inline std::uint32_t crc32(const unsigned char* data, std::size_t size) noexcept {
  static const std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = value >> 1U ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      }
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t state = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < size; ++i) {
    state = kTable[(state ^ data[i]) & 0xFFU] ^ state >> 8U;
  }
  return ~state;
}

/// An entry of the archive, checked to lie inside the file.
struct ZipEntry {
  std::string name;
  unsigned method = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed = 0;
  std::uint64_t size = 0;
  std::uint64_t header = 0;  // of the local header
  std::uint64_t data = 0;
};

/// Reads the directory at the end of the archive and compares each entry with its local header.
class ZipDirectory {
 public:
  explicit ZipDirectory(ByteView file) : file_(file) {}

  TS2CPP_COLD std::vector<ZipEntry> read() {
    find_end();
    constexpr std::uint64_t kSmallestEntry = 46;
    if (count_ > size_ / kSmallestEntry) {
      bad_zip("the directory is damaged");
    }
    std::vector<ZipEntry> entries;
    std::unordered_set<std::string> names;
    std::uint64_t at = offset_;
    for (std::uint64_t i = 0; i < count_; ++i) {
      entries.push_back(read_entry(at));
      if (!names.insert(entries.back().name).second) {
        bad_zip("\"" + entries.back().name + "\" appears twice");
      }
    }
    if (at != offset_ + size_) {
      bad_zip("the directory is damaged");
    }
    check_extents(entries);
    return entries;
  }

 private:
  std::uint64_t number(std::uint64_t at, int count) const {
    if (at > file_.size || file_.size - at < static_cast<std::uint64_t>(count)) {
      bad_zip("the archive is truncated");
    }
    return little_endian(file_.data + at, count);
  }
  std::string text(std::uint64_t at, std::uint64_t length) const {
    if (at > file_.size || file_.size - at < length) {
      bad_zip("the archive is truncated");
    }
    return std::string(reinterpret_cast<const char*>(file_.data) + at, static_cast<std::size_t>(length));
  }

  TS2CPP_COLD void find_end() {
    constexpr std::uint64_t kEndSize = 22;
    constexpr std::uint64_t kCommentLimit = 0xFFFF;
    if (file_.size < kEndSize) {
      bad_zip("not a zip archive");
    }
    std::uint64_t at = file_.size - kEndSize;
    const std::uint64_t lowest = at > kCommentLimit ? at - kCommentLimit : 0;
    while (number(at, 4) != 0x06054b50 || number(at + 20, 2) != file_.size - at - kEndSize) {
      if (at == lowest) {
        bad_zip("not a zip archive, or a truncated one");
      }
      --at;
    }
    if (number(at + 4, 2) != 0 || number(at + 6, 2) != 0 || number(at + 8, 2) != number(at + 10, 2)) {
      bad_zip("archives in several parts are not read");
    }
    count_ = number(at + 10, 2);
    size_ = number(at + 12, 4);
    offset_ = number(at + 16, 4);
    std::uint64_t directory_end = at;
    constexpr std::uint64_t kLocatorSize = 20;
    const bool wide = count_ == 0xFFFF || size_ == 0xFFFFFFFF || offset_ == 0xFFFFFFFF;
    if (wide && at >= kLocatorSize && number(at - kLocatorSize, 4) == 0x07064b50) {
      directory_end = number(at - kLocatorSize + 8, 8);
      if (number(directory_end, 4) != 0x06064b50) {
        bad_zip("the directory is damaged");
      }
      count_ = number(directory_end + 32, 8);
      size_ = number(directory_end + 40, 8);
      offset_ = number(directory_end + 48, 8);
    }
    if (offset_ > directory_end || directory_end - offset_ != size_) {
      bad_zip("the directory is damaged");
    }
  }

  TS2CPP_COLD ZipEntry read_entry(std::uint64_t& at) const {
    if (number(at, 4) != 0x02014b50) {
      bad_zip("the directory is damaged");
    }
    ZipEntry entry;
    const std::uint64_t flags = number(at + 8, 2);
    entry.method = static_cast<unsigned>(number(at + 10, 2));
    entry.crc = static_cast<std::uint32_t>(number(at + 16, 4));
    entry.compressed = number(at + 20, 4);
    entry.size = number(at + 24, 4);
    entry.header = number(at + 42, 4);
    const std::uint64_t name_length = number(at + 28, 2);
    const std::uint64_t extra_length = number(at + 30, 2);
    const std::uint64_t comment_length = number(at + 32, 2);
    entry.name = text(at + 46, name_length);
    read_wide_sizes(entry, at + 46 + name_length, extra_length);
    at += 46 + name_length + extra_length + comment_length;
    if (at > offset_ + size_) {
      bad_zip("the directory is damaged");
    }
    if ((flags & 0x2041U) != 0) {
      bad_zip("\"" + entry.name + "\" is encrypted");
    }
    if (entry.method != 0 && entry.method != 8) {
      bad_zip("\"" + entry.name + "\" is compressed by an unknown method");
    }
    // Deflate gains at most 1032 to 1: larger claims are lies.
    const bool plausible = entry.method == 0 ? entry.size == entry.compressed : entry.size / 1032 <= entry.compressed;
    if (!plausible || number(entry.header, 4) != 0x04034b50 || number(entry.header + 8, 2) != entry.method ||
        number(entry.header + 26, 2) != name_length || text(entry.header + 30, name_length) != entry.name) {
      bad_zip("the directory and the entry \"" + entry.name + "\" do not agree");
    }
    entry.data = entry.header + 30 + name_length + number(entry.header + 28, 2);
    if (entry.data > offset_ || entry.compressed > offset_ - entry.data) {
      bad_zip("the data of \"" + entry.name + "\" lies outside the archive");
    }
    return entry;
  }

  /// Sizes of 4 GiB and more stand in an extra field.
  TS2CPP_COLD void read_wide_sizes(ZipEntry& entry, std::uint64_t at, std::uint64_t length) const {
    const std::uint64_t end = at + length;
    while (end - at >= 4) {
      const std::uint64_t id = number(at, 2);
      const std::uint64_t field_end = at + 4 + number(at + 2, 2);
      if (field_end > end) {
        bad_zip("the directory is damaged");
      }
      std::uint64_t next = at + 4;
      if (id == 1) {
        for (std::uint64_t* const value : {&entry.size, &entry.compressed, &entry.header}) {
          if (*value == 0xFFFFFFFF) {
            if (field_end - next < 8) {
              bad_zip("the directory is damaged");
            }
            *value = number(next, 8);
            next += 8;
          }
        }
      }
      at = field_end;
    }
  }

  TS2CPP_COLD static void check_extents(const std::vector<ZipEntry>& entries) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
    for (const ZipEntry& entry : entries) {
      extents.emplace_back(entry.header, entry.data + entry.compressed);
    }
    std::sort(extents.begin(), extents.end());
    for (std::size_t i = 1; i < extents.size(); ++i) {
      if (extents[i].first < extents[i - 1].second) {
        bad_zip("entries overlap");
      }
    }
  }

  ByteView file_;
  std::uint64_t count_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
};

TS2CPP_COLD inline Array read_array(ByteView file, const ZipEntry& entry) {
  const ByteView raw{file.data + entry.data, static_cast<std::size_t>(entry.compressed)};
  std::string inflated;
  ByteView image = raw;
  if (entry.method == 8) {
    inflated = inflate(raw, static_cast<std::size_t>(entry.size));
    image = {reinterpret_cast<const unsigned char*>(inflated.data()), inflated.size()};
  }
  if (crc32(image.data, image.size) != entry.crc) {
    raise("ValueError", "the checksum does not fit: the file is damaged");
  }
  return parse_npy(image);
}

}  // namespace detail

/// Reads all arrays from the image of a .npz file; ValueError when anything is out of order.
TS2CPP_COLD inline NamedArrays parse_npz(ByteView file) {
  NamedArrays arrays;
  for (const detail::ZipEntry& entry : detail::ZipDirectory(file).read()) {
    constexpr std::string_view kSuffix = ".npy";
    std::string name = entry.name;
    if (name.size() < kSuffix.size() || name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) != 0) {
      detail::bad_zip("\"" + name + "\" is not an array");
    }
    name.resize(name.size() - kSuffix.size());
    try {
      arrays.emplace_back(name, detail::read_array(file, entry));
    } catch (const Error& error) {
      raise("ValueError", {"array \"", name, "\": ", error.message()});
    }
  }
  return arrays;
}

/// Reads a .npz file; the text of the error begins with the path.
TS2CPP_COLD inline NamedArrays read_npz(const std::string& path) {
  const std::shared_ptr<FileBytes> bytes = FileBytes::open(path);
  try {
    return parse_npz(bytes->view());
  } catch (const Error& error) {
    raise(error.kind().c_str(), {path, ": ", error.message()});
  }
}

/// Collects .npy images into the image of a .npz file. The same arrays give the same bytes: no times, no order of
/// its own.
class NpzBuilder {
 public:
  TS2CPP_COLD void add(const std::string& name, const std::string& npy) {
    const std::string file_name = name + ".npy";
    if (file_name.size() > 0xFFFF || npy.size() > kLimit || body_.size() > kLimit || count_ == 0xFFFE) {
      raise("RuntimeError", "outputs of 4 GiB and more cannot be written");
    }
    const std::uint32_t crc = detail::crc32(reinterpret_cast<const unsigned char*>(npy.data()), npy.size());
    const std::size_t offset = body_.size();
    append_little_endian(body_, 0x04034b50, 4);
    append_common(body_, file_name, npy, crc);
    body_ += file_name;
    body_ += npy;
    append_little_endian(directory_, 0x02014b50, 4);
    append_little_endian(directory_, 20, 2);
    append_common(directory_, file_name, npy, crc);
    append_little_endian(directory_, 0, 2);  // comment
    append_little_endian(directory_, 0, 2);  // disk
    append_little_endian(directory_, 0, 2);  // internal attributes
    append_little_endian(directory_, 0, 4);  // external attributes
    append_little_endian(directory_, offset, 4);
    directory_ += file_name;
    ++count_;
  }

  TS2CPP_COLD std::string finish() const {
    std::string image = body_ + directory_;
    append_little_endian(image, 0x06054b50, 4);
    append_little_endian(image, 0, 4);
    append_little_endian(image, count_, 2);
    append_little_endian(image, count_, 2);
    append_little_endian(image, directory_.size(), 4);
    append_little_endian(image, body_.size(), 4);
    append_little_endian(image, 0, 2);
    return image;
  }

 private:
  static constexpr std::size_t kLimit = 0xFFFF0000U;

  /// The fields that a local header and a directory entry share.
  TS2CPP_COLD static void append_common(std::string& out, const std::string& name, const std::string& npy,
                                        std::uint32_t crc) {
    append_little_endian(out, 20, 2);          // version
    append_little_endian(out, 0x0800, 2);      // the name is UTF-8
    append_little_endian(out, 0, 2);           // stored
    append_little_endian(out, 0x00210000, 4);  // 1980-01-01 00:00
    append_little_endian(out, crc, 4);
    append_little_endian(out, npy.size(), 4);
    append_little_endian(out, npy.size(), 4);
    append_little_endian(out, name.size(), 2);
    append_little_endian(out, 0, 2);  // extra field
  }

  std::string body_;
  std::string directory_;
  std::uint64_t count_ = 0;
};

namespace detail {

template <class Lazy>
TS2CPP_COLD std::string npz_image(const NamedArrays& arrays) {
  NpzBuilder builder;
  for (const auto& [name, array] : arrays) {
    builder.add(name, array.text ? io::npy_image(std::string_view(*array.text)) : io::npy_image(array.tensor));
  }
  return builder.finish();
}

}  // namespace detail

}  // namespace ts2cpp::io
