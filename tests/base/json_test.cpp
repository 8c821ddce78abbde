#include "base/json.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace ftl {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Json, WritesEachKindOfValue) {
  const Json json{{"nothing", nullptr},
                  {"yes", true},
                  {"whole", -3},
                  {"large", std::numeric_limits<std::uint64_t>::max()},
                  {"fraction", 0.1},
                  {"one", 1.0},
                  {"text", "a \"b\"\n\xc3\xa9"},
                  {"list", std::vector<int>{1, 2}},
                  {"pair", {1.5, 2}},
                  {"table", std::map<std::string, int>{{"b", 2}, {"a", 1}}},
                  {"none", Json::array()},
                  {"empty", Json::object()}};
  EXPECT_EQ(json.text(),
            R"({"nothing":null,"yes":true,"whole":-3,"large":18446744073709551615,"fraction":0.1,"one":1.0,)"
            R"("text":"a \"b\"\n)"
            "\xc3\xa9"
            R"(","list":[1,2],"pair":[1.5,2],"table":{"a":1,"b":2},"none":[],"empty":{}})");
}

TEST(Json, WritesNullForWhatIsNoNumber) {
  EXPECT_EQ(Json({std::nan(""), std::numeric_limits<double>::infinity(), 2}).text(), "[null,null,2]");
}

TEST(Json, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Json("a\xff").text(), "\"a\xef\xbf\xbd\"");
}

TEST(Json, IndentsByTwoBlanks) {
  EXPECT_EQ(Json({{"a", {1, 2}}}).indented_text(), "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
}

TEST(Json, ReadsWhatItWrites) {
  const std::string text = R"({"z":null,"a":[true,-1,2,0.25,"x",{"b":[]}],"e":{}})";
  EXPECT_EQ(Json::parse(text).text(), text);
  EXPECT_EQ(Json::parse(text).sorted().text(), R"({"a":[true,-1,2,0.25,"x",{"b":[]}],"e":{},"z":null})");
}

TEST(Json, SaysWhereATextIsWrong) {
  EXPECT_THAT([] { Json::parse("{\"a\":"); }, ThrowsMessage<JsonError>(HasSubstr("line 1, column 6")));
}

TEST(Json, GivesValuesAsWhatIsAskedFor) {
  const Json json = Json::parse(R"({"n":3,"x":0.5,"s":"t","b":false,"l":[1,2],"m":{"k":"v"},"g":[[1],[]]})");
  EXPECT_EQ(json.at("n").get<int>(), 3);
  EXPECT_EQ(json.at("n").get<double>(), 3.0);
  EXPECT_EQ(json.at("x").get<float>(), 0.5f);
  EXPECT_EQ(json.at("s").get<std::string>(), "t");
  EXPECT_FALSE(json.at("b").get<bool>());
  EXPECT_EQ(json.at("l").get<std::vector<std::uint64_t>>(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ((json.at("l").get<std::array<double, 2>>()), (std::array<double, 2>{1, 2}));
  EXPECT_EQ((json.at("m").get<std::map<std::string, std::string>>()["k"]), "v");
  EXPECT_EQ(json.at("g").get<std::vector<std::vector<int>>>(), (std::vector<std::vector<int>>{{1}, {}}));
}

TEST(Json, RefusesValuesOfAnotherKind) {
  const Json json = Json::parse(R"({"n":3,"s":"t","l":[1,2]})");
  EXPECT_THAT([&] { json.at("m"); }, ThrowsMessage<JsonError>(HasSubstr("\"m\"")));
  EXPECT_THROW(json.at("s").get<int>(), JsonError);
  EXPECT_THROW(json.at("n").get<bool>(), JsonError);
  EXPECT_THROW(json.at("n").get<std::string>(), JsonError);
  EXPECT_THROW(json.at("n").get<std::vector<int>>(), JsonError);
  EXPECT_THROW((json.at("l").get<std::array<int, 3>>()), JsonError);
  EXPECT_THROW((json.at("l").get<std::map<std::string, int>>()), JsonError);
  EXPECT_THROW(json.at("l")[2], JsonError);
  EXPECT_THROW(Json(3).push_back(1), JsonError);
}

TEST(Json, GrowsByMembersAndElements) {
  Json json;
  json["a"] = 1;
  json["b"].push_back("x");
  json["a"] = 2;
  json.update({{"c", 3}, {"a", 4}});
  EXPECT_EQ(json.text(), R"({"a":4,"b":["x"],"c":3})");
  EXPECT_TRUE(json.contains("c") && !json.contains("d"));
  EXPECT_EQ(json.size(), 3u);
}

TEST(Json, ComparesNumbersByValueAndObjectsInAnyOrder) {
  EXPECT_EQ(Json(1), Json(1.0));
  EXPECT_EQ(Json(1u), Json(1));
  EXPECT_FALSE(Json(-1) == Json(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(Json(1) == Json(true));
  EXPECT_FALSE(Json("1") == Json(1));
  EXPECT_EQ(Json({{"a", 1}, {"b", {1, 2}}}), Json({{"b", {1, 2}}, {"a", 1}}));
  EXPECT_FALSE(Json({{"a", 1}}) == Json({{"a", 1}, {"b", 2}}));
}

}  // namespace
}  // namespace ftl
