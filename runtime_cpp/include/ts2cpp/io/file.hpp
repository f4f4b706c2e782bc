// Whole files as bytes: mapped or read, and written.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <ts2cpp/allocator.hpp>
#include <ts2cpp/error.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define TS2CPP_HAVE_MMAP 1
#endif

namespace ts2cpp::io {

/// Contents that somebody else keeps alive.
struct ByteView {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
};

[[noreturn]] TS2CPP_COLD inline void raise_file_error(const std::string& path, const std::string& what) {
  raise("OSError", {path, ": ", what});
}

/// The bytes of a file. Writing to them changes this copy only, never the file.
class FileBytes {
 public:
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() {
#if defined(TS2CPP_HAVE_MMAP)
    if (mapped_) {
      munmap(data_, size_);
      return;
    }
#endif
    deallocate(data_, size_);
  }

  unsigned char* data() const noexcept { return static_cast<unsigned char*>(data_); }
  std::size_t size() const noexcept { return size_; }
  /// Whether the memory is that of the file: what nobody has written can be read again at any time.
  bool is_mapped() const noexcept { return mapped_; }
  ByteView view() const noexcept { return {data(), size_}; }

  /// Maps the file (reads it where there is no mapping); OSError when it cannot be had.
  TS2CPP_COLD static std::shared_ptr<FileBytes> open(const std::string& path) {
    std::shared_ptr<FileBytes> bytes(new FileBytes);
#if defined(TS2CPP_HAVE_MMAP)
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) {
      raise_file_error(path, std::strerror(errno));
    }
    struct stat status{};
    if (fstat(handle, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(handle);
      raise_file_error(path, "is not a regular file");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const data = size == 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, handle, 0);
    ::close(handle);
    if (data != MAP_FAILED) {
      bytes->data_ = data;
      bytes->size_ = size;
      bytes->mapped_ = true;
    } else if (size != 0) {
      raise_file_error(path, "cannot be mapped into memory");
    }
#else
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
      raise_file_error(path, std::strerror(errno));
    }
    std::fseek(file, 0, SEEK_END);
    const long size = std::ftell(file);
    std::rewind(file);
    bool complete = size >= 0;
    if (size > 0) {
      bytes->data_ = allocate(static_cast<std::size_t>(size));
      bytes->size_ = static_cast<std::size_t>(size);
      complete = std::fread(bytes->data_, 1, bytes->size_, file) == bytes->size_;
    }
    std::fclose(file);
    if (!complete) {
      raise_file_error(path, "cannot be read");
    }
#endif
    return bytes;
  }

  /// A copy of `view`, 64-byte aligned.
  TS2CPP_COLD static std::shared_ptr<FileBytes> copy(ByteView view) {
    std::shared_ptr<FileBytes> bytes(new FileBytes);
    bytes->data_ = allocate(view.size);
    bytes->size_ = view.size;
    if (view.size != 0) {
      std::memcpy(bytes->data_, view.data, view.size);
    }
    return bytes;
  }

 private:
  FileBytes() = default;

  void* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
};

/// Writes `contents` to a file beside `path` and puts it in place when it is whole.
TS2CPP_COLD inline void write_file(const std::string& path, const std::string& contents) {
  const std::string partial = path + ".part";
  std::FILE* const file = std::fopen(partial.c_str(), "wb");
  if (file == nullptr) {
    raise_file_error(path, std::strerror(errno));
  }
  const bool written = std::fwrite(contents.data(), 1, contents.size(), file) == contents.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || std::rename(partial.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    std::remove(partial.c_str());
    raise_file_error(path, "cannot be written: " + reason);
  }
}

inline std::uint64_t little_endian(const unsigned char* bytes, int count) noexcept {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) {
    value = value << 8U | bytes[i];
  }
  return value;
}

inline void append_little_endian(std::string& out, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
}

}  // namespace ts2cpp::io
