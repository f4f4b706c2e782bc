// Values whose type the program learns at run time: `Any`, unions (std::variant), optionals; isinstance and casts.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/dict.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/values.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/none.hpp>
#include <ts2cpp/print.hpp>
#include <ts2cpp/python.hpp>
#include <ts2cpp/scalar.hpp>

namespace ts2cpp {

class Any;

/// What `isinstance(x, list)` and `isinstance(x, tuple)` ask for: any of them.
struct AnyList {};
struct AnyTuple {};

namespace detail {

template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<List<T>> : std::true_type {};
template <class T>
struct IsTuple : std::false_type {};
template <class... T>
struct IsTuple<std::tuple<T...>> : std::true_type {};

/// A text that is another for every type and, unlike what `typeid` gives, needs no RTTI.
template <class T>
const char* type_name() noexcept {
#if defined(_MSC_VER)
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}
/// Whether two such texts are of one type: libraries of a program may each have theirs.
inline bool is_same_type(const char* a, const char* b) noexcept { return a == b || std::strcmp(a, b) == 0; }

/// The elements of a tuple; those of a named tuple too.
template <class T>
auto elements_of(const T& value) {
  if constexpr (HasFields<T>::value) {
    return value.fields();
  } else {
    return value;
  }
}

template <class To, class From>
bool holds(const From& value);
template <class To, class From>
To cast(const From& value);

}  // namespace detail

/// A value of any type. It knows the exact type of what it holds; optionals, unions and `Scalar`s are unwrapped first.
class Any {
 public:
  Any() noexcept = default;
  Any(std::nullopt_t /*none*/) noexcept {}
  Any(None /*none*/) noexcept {}
  Any(int value) : Any(std::int64_t{value}) {}
  Any(const char* text) : Any(std::string(text)) {}
  Any(const Scalar& value) : Any(unwrapped(value)) {}
  template <class T>
  Any(const std::optional<T>& value) : Any(value ? Any(*value) : Any()) {}
  template <class... T>
  Any(const std::variant<T...>& value) : Any(std::visit([](const auto& item) { return Any(item); }, value)) {}
  template <class T, std::enable_if_t<!std::is_same_v<T, Any>, int> = 0>
  Any(T value) : held_(std::make_shared<const Box<T>>(std::move(value))) {}

  bool is_none() const noexcept { return held_ == nullptr; }
  /// The value if it is exactly a `T`, else null.
  template <class T>
  const T* get_if() const noexcept {
    const bool found = held_ && detail::is_same_type(held_->type(), detail::type_name<T>());
    return found ? &static_cast<const Box<T>&>(*held_).value : nullptr;
  }
  bool is_list() const noexcept { return held_ && held_->is_list(); }
  /// The elements of a tuple, named or not; nothing for other values.
  std::optional<std::vector<Any>> tuple_elements() const { return held_ ? held_->tuple_elements() : std::nullopt; }
  /// Python's `is`: the same object; numbers and strings count by value.
  bool is(const Any& other) const {
    return held_ == other.held_ || (held_ && other.held_ && detail::is_same_type(held_->type(), other.held_->type()) &&
                                    held_->is(*other.held_));
  }

  /// Writes what it holds as named arrays.
  void write(io::Writer& writer, const std::string& name) const {
    if (held_) {
      held_->write(writer, name);
    }
  }
  friend std::string to_str(const Any& value) { return value.held_ ? value.held_->text() : "None"; }

 private:
  struct Held {
    Held() = default;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    virtual ~Held() = default;
    virtual const char* type() const noexcept = 0;
    virtual bool is_list() const noexcept = 0;
    virtual std::optional<std::vector<Any>> tuple_elements() const = 0;
    virtual bool is(const Held& other) const = 0;
    virtual void write(io::Writer& writer, const std::string& name) const = 0;
    virtual std::string text() const = 0;
  };
  template <class T>
  struct Box final : Held {
    explicit Box(T from) : value(std::move(from)) {}
    const char* type() const noexcept override { return detail::type_name<T>(); }
    bool is_list() const noexcept override { return detail::IsList<T>::value; }
    std::optional<std::vector<Any>> tuple_elements() const override {
      if constexpr (detail::IsTuple<T>::value || detail::HasFields<T>::value) {
        return std::apply([](const auto&... items) { return std::vector<Any>{Any(items)...}; },
                          detail::elements_of(value));
      } else {
        return std::nullopt;
      }
    }
    bool is(const Held& other) const override {
      if constexpr (detail::IsTuple<T>::value || detail::HasFields<T>::value) {
        return false;  // another tuple, however alike
      } else {
        return is_same(value, static_cast<const Box&>(other).value);
      }
    }
    void write(io::Writer& writer, const std::string& name) const override { writer.put<T>(name, value); }
    std::string text() const override { return to_str(value); }
    const T value;
  };

  static Any unwrapped(const Scalar& value) {
    switch (value.kind()) {
      case Scalar::Kind::boolean: return Any(value.to_bool());
      case Scalar::Kind::integer: return Any(value.to_int());
      case Scalar::Kind::floating: return Any(value.to_double());
      case Scalar::Kind::complex: return Any(value.to_complex());
    }
    return Any();
  }

  std::shared_ptr<const Held> held_;
};

namespace detail {

template <class To, std::size_t... I>
bool elements_hold(const std::vector<Any>& elements, std::index_sequence<I...> /*i*/) {
  return elements.size() == sizeof...(I) && (holds<std::tuple_element_t<I, To>>(elements[I]) && ...);
}
template <class To, std::size_t... I>
To cast_elements(const std::vector<Any>& elements, std::index_sequence<I...> /*i*/) {
  return To(cast<std::tuple_element_t<I, To>>(elements[I])...);
}

/// isinstance for one type of Python.
template <class To>
struct Dynamic {
  static bool holds(const Any& value) {
    if constexpr (IsTuple<To>::value) {
      const auto elements = value.tuple_elements();
      return elements && elements_hold<To>(*elements, std::make_index_sequence<std::tuple_size_v<To>>());
    } else {
      return value.get_if<To>() != nullptr;
    }
  }
  static To cast(const Any& value) {
    if (const To* const found = value.get_if<To>()) {
      return *found;
    }
    if constexpr (IsTuple<To>::value) {
      if (holds(value)) {
        return cast_elements<To>(*value.tuple_elements(), std::make_index_sequence<std::tuple_size_v<To>>());
      }
    }
    raise("RuntimeError", {"a value that is known by another type: ", to_str(value)});
  }
};
template <>
struct Dynamic<None> {
  static bool holds(const Any& value) { return value.is_none(); }
  static None cast(const Any& /*value*/) { return {}; }
};
template <>
struct Dynamic<Any> {
  static bool holds(const Any& /*value*/) { return true; }
  static Any cast(const Any& value) { return value; }
};
template <>
struct Dynamic<AnyList> {
  static bool holds(const Any& value) { return value.is_list(); }
};
template <>
struct Dynamic<AnyTuple> {
  static bool holds(const Any& value) { return value.tuple_elements().has_value(); }
};
template <>
struct Dynamic<Scalar> {
  static bool holds(const Any& value) {
    return Dynamic<std::int64_t>::holds(value) || Dynamic<double>::holds(value) ||
           Dynamic<std::complex<double>>::holds(value);
  }
  static Scalar cast(const Any& value) {
    if (const auto* const integer = value.get_if<std::int64_t>()) {
      return Scalar(*integer);
    }
    if (const auto* const real = value.get_if<double>()) {
      return Scalar(*real);
    }
    return Scalar(Dynamic<std::complex<double>>::cast(value));
  }
};
template <class T>
struct Dynamic<std::optional<T>> {
  static bool holds(const Any& value) { return value.is_none() || Dynamic<T>::holds(value); }
  static std::optional<T> cast(const Any& value) {
    return value.is_none() ? std::nullopt : std::optional<T>(Dynamic<T>::cast(value));
  }
};
template <class... T>
struct Dynamic<std::variant<T...>> {
  using Union = std::variant<T...>;
  static bool holds(const Any& value) { return (Dynamic<T>::holds(value) || ...); }
  static Union cast(const Any& value) {
    std::optional<Union> found;
    ((!found && Dynamic<T>::holds(value) ? (void)found.emplace(std::in_place_type<T>, Dynamic<T>::cast(value))
                                         : (void)0),
     ...);
    if (!found) {
      raise("RuntimeError", {"a value that is known by another type: ", to_str(value)});
    }
    return *found;
  }
};

template <class To, class From>
bool holds(const From& value) {
  if constexpr (std::is_same_v<To, From>) {
    return true;
  } else if constexpr (IsVariant<From>::value) {
    return std::visit([](const auto& item) { return holds<To>(item); }, value);
  } else if constexpr (IsOptional<From>::value) {
    return value ? holds<To>(*value) : holds<To>(None{});
  } else {
    return Dynamic<To>::holds(Any(value));
  }
}

template <class To, class From>
To cast(const From& value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (IsVariant<From>::value) {
    return std::visit([](const auto& item) { return cast<To>(item); }, value);
  } else if constexpr (IsOptional<From>::value) {
    return value ? cast<To>(*value) : cast<To>(None{});
  } else {
    return Dynamic<To>::cast(Any(value));
  }
}

}  // namespace detail

/// isinstance(value, (T, ...)) of a value of union, optional or unknown type. Containers count by their exact type.
template <class... T, class From>
bool is_instance(const From& value) {
  return (detail::holds<T>(value) || ...);
}

/// A value of union, optional, tuple or unknown type as a `To`, which it must be an instance of.
template <class To, class From>
To as(const From& value) {
  return detail::cast<To>(value);
}

}  // namespace ts2cpp

namespace ts2cpp::io {

/// Arrays do not tell a number from a tensor without dimensions, nor a list from a tuple: only text and tensors with
/// dimensions can be read.
template <>
struct Codec<Any> {
  static Any read(const Reader& reader, const std::string& name) {
    const Array* const array = reader.find(name);
    if (array == nullptr && !reader.contains(name)) {
      return {};
    }
    if (array != nullptr && array->text) {
      return Any(*array->text);
    }
    if (array == nullptr || array->tensor.dim() == 0) {
      raise("ValueError", {"array \"", name, "\": which type the parameter has cannot be told"});
    }
    return Any(array->tensor);
  }
  static void write(Writer& writer, const std::string& name, const Any& value) { value.write(writer, name); }
};

}  // namespace ts2cpp::io
