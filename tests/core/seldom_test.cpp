#include "heald/seldom.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

using namespace heald;

TEST_CASE("a copy of what is seldom there has a value of its own") {
  Seldom<std::string> one{std::string{"one"}};
  Seldom<std::string> copy{one};
  *copy = "two";
  CHECK(*one == "one");
  copy = one;
  CHECK(copy == one);
  copy = std::nullopt;
  CHECK_FALSE(copy);
  CHECK(*one == "one");
  CHECK_FALSE(copy == one);
  CHECK(copy == Seldom<std::string>{std::optional<std::string>{}});
  CHECK(copy.emplace().empty());
}

TEST_CASE("a sparse value is read as the usual one while it is kept nowhere") {
  Sparse<std::string> value;
  CHECK(value->empty());
  value = "some";
  CHECK(value == "some");
  CHECK_FALSE(value == Sparse<std::string>{});
  value = std::string{};
  CHECK(value == Sparse<std::string>{});
  value = "more";
  const Sparse<std::string> taken = std::move(value);
  CHECK(taken == "more");
  value = taken;
  value.clear();
  CHECK(value->empty());
  CHECK(taken == "more");
}
