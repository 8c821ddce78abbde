// A JSON value. json.cpp alone includes the library that reads and writes its text (nlohmann-json): its
// headers take seconds to compile.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ftl {

// A text that is not JSON, or a value that is not what was asked for.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// null, a boolean, a number, a string, an array or an object. An object keeps its members in the order in
// which they were added. NaN and infinities may be held, and become null as text.
class Json {
 public:
  using Member = std::pair<std::string, Json>;

  Json(std::nullptr_t = nullptr);
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Json(Number number) : value_(widened(number)) {}
  template <class Element>
  Json(const std::vector<Element>& elements) : Json(array()) {
    for (const auto& element : elements) push_back(element);
  }
  template <class Element, std::size_t size>
  Json(const std::array<Element, size>& elements) : Json(array()) {
    for (const Element& element : elements) push_back(element);
  }
  template <class Value>
  Json(const std::map<std::string, Value>& members) : Json(object()) {
    for (const auto& [key, value] : members) (*this)[key] = value;
  }
  // An object where each value is an array of a string and something, as in {{"name", "a"}, {"size", 3}};
  // else an array.
  Json(std::initializer_list<Json> values);

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  static Json array();
  static Json object();
  // Throws JsonError saying where the text is wrong.
  static Json parse(std::string_view text);

  bool is_null() const;
  bool is_number() const;
  bool is_unsigned() const;  // a whole number from 0
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;

  // As an arithmetic type, std::string, Json, or a vector, array or map of such. Throws JsonError for another
  // kind of value.
  template <class Value>
  Value get() const;
  template <class Value>
  void get_to(Value& value) const {
    value = get<Value>();
  }

  // Of an array or an object; 0 of anything else.
  std::size_t size() const;

  // Of an array. Throw JsonError for anything else; null becomes an empty array first where it may.
  void push_back(Json element) { emplace_back(std::move(element)); }
  Json& emplace_back(Json element);
  const Json& operator[](std::size_t index) const;
  Json& operator[](std::size_t index);
  const Json* begin() const;
  const Json* end() const;

  // Of an object. Throw JsonError for anything else; null becomes an empty object first where it may.
  const std::vector<Member>& members() const;
  // Null where there is no such member.
  const Json* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Throws JsonError where there is no such member.
  const Json& at(std::string_view key) const;
  // Adds null where there is no such member.
  Json& operator[](std::string_view key);
  // Adds the other object's members, or replaces those of the same name.
  void update(const Json& other);

  // The same with the members of all objects in the order of their names.
  Json sorted() const;

  // On one line. What is not UTF-8 in strings, as names of files may be, is replaced.
  std::string text() const;
  // A line for each value, indented by two blanks a level, without an end of the last line.
  std::string indented_text() const;

  // Objects are equal in whatever order, numbers of whatever type.
  friend bool operator==(const Json& first, const Json& second);

 private:
  friend struct JsonLibrary;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  template <class Number>
  static auto widened(Number number) {
    if constexpr (std::same_as<Number, bool>) {
      return number;
    } else if constexpr (std::floating_point<Number>) {
      return static_cast<double>(number);
    } else if constexpr (std::is_unsigned_v<Number>) {
      return static_cast<std::uint64_t>(number);
    } else {
      return static_cast<std::int64_t>(number);
    }
  }

  bool boolean() const;
  const std::string& string() const;
  // Converted. Number is double, std::int64_t or std::uint64_t.
  template <class Number>
  Number number() const;
  Array& elements();

  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

namespace detail {

template <class Value>
struct JsonContainer {};

template <class Element>
struct JsonContainer<std::vector<Element>> {
  static std::vector<Element> from(const Json& json) {
    std::vector<Element> elements;
    if (!json.is_array()) throw JsonError("is no array");
    for (const Json& element : json) elements.push_back(element.get<Element>());
    return elements;
  }
};

template <class Element, std::size_t size>
struct JsonContainer<std::array<Element, size>> {
  static std::array<Element, size> from(const Json& json) {
    std::array<Element, size> elements{};
    if (!json.is_array() || json.size() != size) throw JsonError("is no array of the right size");
    for (std::size_t i = 0; i < size; ++i) elements[i] = json[i].template get<Element>();
    return elements;
  }
};

template <class Value>
struct JsonContainer<std::map<std::string, Value>> {
  static std::map<std::string, Value> from(const Json& json) {
    std::map<std::string, Value> values;
    for (const auto& [key, value] : json.members()) values[key] = value.template get<Value>();
    return values;
  }
};

}  // namespace detail

template <class Value>
Value Json::get() const {
  if constexpr (std::same_as<Value, Json>) {
    return *this;
  } else if constexpr (std::same_as<Value, bool>) {
    return boolean();
  } else if constexpr (std::same_as<Value, std::string>) {
    return string();
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return static_cast<Value>(number<decltype(widened(Value{}))>());
  } else {
    return detail::JsonContainer<Value>::from(*this);
  }
}

}  // namespace ftl
