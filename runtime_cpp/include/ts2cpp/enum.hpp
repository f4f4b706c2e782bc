// Python's Enum: an `enum class` and, found by argument-dependent lookup, the table `members_of(member)` of its
// members.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ts2cpp/error.hpp>
#include <ts2cpp/list.hpp>

namespace ts2cpp {

/// The members of an enum in the order of their definition. `V` is int64, double or std::string.
template <class E, class V>
struct EnumTable {
  struct Row {
    E member;
    std::string name;
    V value;
  };
  std::string class_name;
  std::vector<Row> rows;

  const Row& at(E member) const {
    for (const Row& row : rows) {
      if (row.member == member) {
        return row;
      }
    }
    raise("ValueError", {"not a member of ", class_name});
  }
};

/// `member.name`.
template <class E>
std::string enum_name(E member) {
  return members_of(member).at(member).name;
}

/// `member.value`.
template <class E>
auto enum_value(E member) {
  return members_of(member).at(member).value;
}

/// `list(E)`.
template <class E>
List<E> enum_members() {
  List<E> result;
  for (const auto& row : members_of(E{}).rows) {
    result.append(row.member);
  }
  return result;
}

namespace detail {
template <class E, class = void>
struct IsPythonEnum : std::false_type {};
template <class E>
struct IsPythonEnum<E, std::void_t<decltype(members_of(std::declval<E>()))>> : std::is_enum<E> {};
}  // namespace detail

/// `Enum<Color.RED>`, as TorchScript prints a member.
template <class E, std::enable_if_t<detail::IsPythonEnum<E>::value, int> = 0>
std::string to_str(E member) {
  const auto& table = members_of(member);
  return "Enum<" + table.class_name + "." + table.at(member).name + ">";
}

}  // namespace ts2cpp
