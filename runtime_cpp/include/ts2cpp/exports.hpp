// What a project offers to callers that know no C++ types: its methods by name, over named arrays.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/arrays.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {

namespace detail {

/// Which array is the next parameter: that of its name, or of its position.
template <class Lazy = void>
TS2CPP_COLD std::string parameter_array(const io::Reader& reader, const std::string& name, std::int64_t position) {
  const std::string numbered = "arr_" + std::to_string(position);
  return reader.contains(name) || !reader.contains(numbered) ? name : numbered;
}

/// A name that no parameter asked for is most likely misspelled.
template <class Lazy = void>
TS2CPP_COLD void check_all_used(const io::Reader& reader, const std::vector<std::string>& used) {
  for (const auto& [key, unused] : reader.arrays()) {
    const bool known = std::any_of(used.begin(), used.end(), [&key = key](const std::string& name) {
      return key == name ||
             (key.size() > name.size() && key[name.size()] == '.' && key.compare(0, name.size(), name) == 0);
    });
    if (!known) {
      raise("ValueError", {"the method has no parameter for the array \"", key, "\""});
    }
  }
}

#define TS2CPP_EXPORTS_PARTS(TEMPLATE)                                                             \
  TEMPLATE std::string parameter_array<void>(const io::Reader&, const std::string&, std::int64_t); \
  TEMPLATE void check_all_used<void>(const io::Reader&, const std::vector<std::string>&);
TS2CPP_COMPILED(TS2CPP_EXPORTS_PARTS)

}  // namespace detail

/// A function that lives elsewhere, for as long as the call that this is an argument of.
class Action {
 public:
  template <class F>
  explicit Action(F& function) noexcept
      : function_(&function), call_([](void* f) { static_cast<void>((*static_cast<F*>(f))()); }) {}
  void operator()() const { call_(function_); }

 private:
  void* function_;
  void (*call_)(void*);
};

/// Something that is done with a method after its first call, which gave the results.
class Repeat {
 public:
  virtual void operator()(const Action& method) = 0;

 protected:
  ~Repeat() = default;
};

/// One call of a method: its arguments by parameter name, the model, and where the result goes.
class Call {
 public:
  explicit Call(const io::Reader& arguments, void* model = nullptr, Repeat* repeat = nullptr)
      : arguments_(arguments), model_(model), repeat_(repeat) {}

  /// The next argument, by name, or by position when the arrays are called arr_0, arr_1, …
  template <class T>
  T input(const std::string& name) {
    return arguments_.get<T>(resolve(name));
  }
  /// One with a default value.
  template <class T>
  T input(const std::string& name, T fallback) {
    const std::string found = resolve(name);
    return arguments_.contains(found) ? arguments_.get<T>(found) : std::move(fallback);
  }
  /// The model, which the caller made through the same exports.
  template <class Model>
  Model& model() const noexcept {
    return *static_cast<Model*>(model_);
  }

  /// Calls `function` and keeps what it gives.
  template <class F>
  void run(F&& function) {
    using Result = std::decay_t<decltype(function())>;
    detail::check_all_used(arguments_, used_);
    in_program_ = true;
    if constexpr (std::is_void_v<Result>) {
      function();
    } else {
      results_.put<Result>("output", function());
    }
    if (repeat_ != nullptr) {
      (*repeat_)(Action(function));
    }
    in_program_ = false;
  }

  /// Whether an error came from the program rather than from its arguments.
  bool in_program() const noexcept { return in_program_; }
  io::Writer& results() noexcept { return results_; }

 private:
  std::string resolve(const std::string& name) {
    used_.push_back(detail::parameter_array(arguments_, name, next_position_++));
    return used_.back();
  }

  const io::Reader& arguments_;
  void* model_;
  Repeat* repeat_;
  io::Writer results_;
  std::vector<std::string> used_;
  std::int64_t next_position_ = 0;
  bool in_program_ = false;
};

/// Where the weights of a model come from: a file, bytes in memory, or the program itself.
struct WeightsSource {
  enum class Kind { program, file, memory };

  Kind kind = Kind::program;
  std::string file = {};
  Span<const std::byte> bytes = {};
};

/// The methods of a project, and how its model is made. A generated project fills one:
///
///     ts2cpp::Exports exports("lenet");
///     exports.model<lenet::LeNet>([](const std::string& file) { return lenet::load(file); },
///                                 [](ts2cpp::Span<const std::byte> bytes) { return lenet::load(bytes); });
///     exports.method("forward", "forward(x: Tensor) -> Tensor", false, [](ts2cpp::Call& call) {
///       const auto x = call.input<ts2cpp::Tensor>("x");
///       const auto& model = call.model<lenet::LeNet>();
///       call.run([&] { return model.forward(x); });
///     });
class Exports {
 public:
  struct Method {
    std::string name;
    std::string signature;
    bool changes_model = false;
    void (*body)(Call&) = nullptr;
  };

  explicit Exports(std::string name) : name_(std::move(name)) {}

  /// A model whose weights lie in a file.
  template <class Model>
  void model(Model (*from_file)(const std::string&), Model (*from_memory)(Span<const std::byte>)) {
    has_weights_file_ = true;
    from_file_ = reinterpret_cast<Function>(from_file);
    from_memory_ = reinterpret_cast<Function>(from_memory);
    load_ = [](const Exports& self, const WeightsSource& source) -> std::shared_ptr<void> {
      return source.kind == WeightsSource::Kind::file
                 ? std::make_shared<Model>(
                       reinterpret_cast<Model (*)(const std::string&)>(self.from_file_)(source.file))
                 : std::make_shared<Model>(
                       reinterpret_cast<Model (*)(Span<const std::byte>)>(self.from_memory_)(source.bytes));
    };
    copy_ = copy_of<Model>;
  }
  /// A model that carries its weights, or has none.
  template <class Model>
  void model(Model (*make)()) {
    make_ = reinterpret_cast<Function>(make);
    load_ = [](const Exports& self, const WeightsSource&) -> std::shared_ptr<void> {
      return std::make_shared<Model>(reinterpret_cast<Model (*)()>(self.make_)());
    };
    copy_ = copy_of<Model>;
  }
  /// The next method; the first one is the default.
  void method(std::string name, std::string signature, bool changes_model, void (*body)(Call&)) {
    methods_.push_back({std::move(name), std::move(signature), changes_model, body});
  }

  /// Threads for the work of one call, in the code that made these exports.
  void set_threads(int count) const { set_threads_(count); }

  const std::string& name() const noexcept { return name_; }
  const std::vector<Method>& methods() const noexcept { return methods_; }
  const Method* find(const std::string& name) const noexcept {
    const auto found = std::find_if(methods_.begin(), methods_.end(), [&](const Method& m) { return m.name == name; });
    return found != methods_.end() ? &*found : nullptr;
  }
  bool has_weights_file() const noexcept { return has_weights_file_; }

  /// A model of its own; null if the project is a function. Throws what `load` throws, and ValueError for weights that
  /// are missing or not asked for.
  std::shared_ptr<void> load(const WeightsSource& source) const {
    const bool given = source.kind != WeightsSource::Kind::program;
    if (given && !has_weights_file_) {
      raise("ValueError", {name_, " reads no weights: it carries them, or has none"});
    }
    if (!given && has_weights_file_) {
      raise("ValueError", {name_, " needs its weights: give the file weights.safetensors, or its bytes"});
    }
    return load_ != nullptr ? load_(*this, source) : nullptr;
  }
  /// A model that shares nothing that calls change.
  std::shared_ptr<void> copy(const void* model) const { return copy_ != nullptr ? copy_(model) : nullptr; }

 private:
  using Function = void (*)();

  template <class Model>
  static std::shared_ptr<void> copy_of(const void* model) {
    return std::make_shared<Model>(*static_cast<const Model*>(model));
  }

  std::string name_;
  std::vector<Method> methods_;
  // The functions that were given, as of another type than they are called by.
  Function from_file_ = nullptr;
  Function from_memory_ = nullptr;
  Function make_ = nullptr;
  std::shared_ptr<void> (*load_)(const Exports&, const WeightsSource&) = nullptr;
  std::shared_ptr<void> (*copy_)(const void*) = nullptr;
  void (*set_threads_)(int) = [](int count) { set_num_threads(count); };
  bool has_weights_file_ = false;
};

}  // namespace ts2cpp
