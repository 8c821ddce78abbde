#include "base/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ftl {

// Values to and from those of the library, which has the text's two directions.
struct JsonLibrary {
  using Value = nlohmann::ordered_json;

  static Json read(const Value& value) {
    switch (value.type()) {
      case Value::value_t::boolean:
        return value.get<bool>();
      case Value::value_t::number_integer:
        return value.get<std::int64_t>();
      case Value::value_t::number_unsigned:
        return value.get<std::uint64_t>();
      case Value::value_t::number_float:
        return value.get<double>();
      case Value::value_t::string:
        return value.get_ref<const std::string&>();
      case Value::value_t::array: {
        Json array = Json::array();
        for (const Value& element : value) array.push_back(read(element));
        return array;
      }
      case Value::value_t::object: {
        Json object = Json::object();
        Json::Object& members = std::get<Json::Object>(object.value_);
        for (const auto& [key, member] : value.items()) members.emplace_back(key, read(member));
        return object;
      }
      default:
        return nullptr;
    }
  }

  static Value written(const Json& json) { return std::visit(JsonLibrary(), json.value_); }

  static std::string text(const Json& json, int indent) {
    return written(json).dump(indent, ' ', false, Value::error_handler_t::replace);
  }

  template <class Scalar>
  Value operator()(const Scalar& scalar) const {
    return scalar;
  }
  Value operator()(const Json::Array& elements) const {
    Value array = Value::array();
    for (const Json& element : elements) array.push_back(written(element));
    return array;
  }
  Value operator()(const Json::Object& members) const {
    Value object = Value::object();
    for (const auto& [key, value] : members) object[key] = written(value);
    return object;
  }
};

namespace {

bool is_member(const Json& value) {
  return value.is_array() && value.size() == 2 && value[0].is_string();
}

template <class First, class Second>
bool equal_numbers(First first, Second second) {
  if constexpr (std::is_integral_v<First> && std::is_integral_v<Second>) {
    return std::cmp_equal(first, second);
  } else {
    return static_cast<double>(first) == static_cast<double>(second);
  }
}

template <class Value>
constexpr bool kIsNumber = std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>;

}  // namespace

Json::Json(std::nullptr_t) {}
Json::Json(std::string_view text) : value_(std::string(text)) {}

Json::Json(std::initializer_list<Json> values) {
  if (!std::ranges::all_of(values, is_member)) {
    value_.emplace<Array>(values);
    return;
  }
  Object& members = value_.emplace<Object>();
  for (const Json& value : values) members.emplace_back(value[0].string(), value[1]);
}

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::array() {
  Json json;
  json.value_.emplace<Array>();
  return json;
}

Json Json::object() {
  Json json;
  json.value_.emplace<Object>();
  return json;
}

Json Json::parse(std::string_view text) {
  try {
    return JsonLibrary::read(JsonLibrary::Value::parse(text));
  } catch (const JsonLibrary::Value::exception& error) {
    throw JsonError(error.what());
  }
}

bool Json::is_null() const {
  return std::holds_alternative<std::nullptr_t>(value_);
}

bool Json::is_number() const {
  return std::visit([](const auto& value) { return kIsNumber<std::decay_t<decltype(value)>>; }, value_);
}

bool Json::is_unsigned() const {
  return std::holds_alternative<std::uint64_t>(value_);
}

bool Json::is_string() const {
  return std::holds_alternative<std::string>(value_);
}

bool Json::is_array() const {
  return std::holds_alternative<Array>(value_);
}

bool Json::is_object() const {
  return std::holds_alternative<Object>(value_);
}

std::size_t Json::size() const {
  if (is_array()) return std::get<Array>(value_).size();
  return is_object() ? std::get<Object>(value_).size() : 0;
}

bool Json::boolean() const {
  const bool* boolean = std::get_if<bool>(&value_);
  if (boolean == nullptr) throw JsonError(text() + " is neither true nor false");
  return *boolean;
}

const std::string& Json::string() const {
  const std::string* string = std::get_if<std::string>(&value_);
  if (string == nullptr) throw JsonError(text() + " is no string");
  return *string;
}

template <class Number>
Number Json::number() const {
  return std::visit(
      [this](const auto& value) -> Number {
        if constexpr (kIsNumber<std::decay_t<decltype(value)>>) {
          return static_cast<Number>(value);
        } else {
          throw JsonError(text() + " is no number");
        }
      },
      value_);
}

template double Json::number() const;
template std::int64_t Json::number() const;
template std::uint64_t Json::number() const;

Json::Array& Json::elements() {
  if (is_null()) value_.emplace<Array>();
  if (!is_array()) throw JsonError(text() + " is no array");
  return std::get<Array>(value_);
}

Json& Json::emplace_back(Json element) {
  return elements().emplace_back(std::move(element));
}

const Json& Json::operator[](std::size_t index) const {
  if (!is_array() || index >= size()) throw JsonError("there is no element " + std::to_string(index));
  return std::get<Array>(value_)[index];
}

Json& Json::operator[](std::size_t index) {
  return const_cast<Json&>(std::as_const(*this)[index]);
}

const Json* Json::begin() const {
  if (!is_array()) throw JsonError(text() + " is no array");
  return std::get<Array>(value_).data();
}

const Json* Json::end() const {
  return begin() + size();
}

const std::vector<Json::Member>& Json::members() const {
  if (!is_object()) throw JsonError(text() + " is no object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const auto found = std::ranges::find(members(), key, &Member::first);
  return found == members().end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr) throw JsonError("there is no \"" + std::string(key) + "\"");
  return *member;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_.emplace<Object>();
  if (const Json* member = find(key)) return const_cast<Json&>(*member);
  if (!is_object()) throw JsonError(text() + " is no object");
  return std::get<Object>(value_).emplace_back(key, nullptr).second;
}

void Json::update(const Json& other) {
  for (const auto& [key, value] : other.members()) (*this)[key] = value;
}

Json Json::sorted() const {
  Json copy = *this;
  if (Array* elements = std::get_if<Array>(&copy.value_)) {
    for (Json& element : *elements) element = element.sorted();
  } else if (Object* members = std::get_if<Object>(&copy.value_)) {
    for (Member& member : *members) member.second = member.second.sorted();
    std::ranges::sort(*members, {}, &Member::first);
  }
  return copy;
}

std::string Json::text() const {
  return JsonLibrary::text(*this, -1);
}

std::string Json::indented_text() const {
  return JsonLibrary::text(*this, 2);
}

bool operator==(const Json& first, const Json& second) {
  if (first.is_object() && second.is_object()) {
    return first.size() == second.size() && std::ranges::all_of(first.members(), [&](const auto& member) {
             const Json* other = second.find(member.first);
             return other != nullptr && member.second == *other;
           });
  }
  return std::visit(
      [](const auto& a, const auto& b) {
        using A = std::decay_t<decltype(a)>;
        using B = std::decay_t<decltype(b)>;
        if constexpr (kIsNumber<A> && kIsNumber<B>) {
          return equal_numbers(a, b);
        } else if constexpr (std::is_same_v<A, B>) {
          return a == b;
        } else {
          return false;
        }
      },
      first.value_, second.value_);
}

}  // namespace ftl
