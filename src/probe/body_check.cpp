#include "probe/body_check.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace heald {

using nlohmann::json;

struct BodyCheck::Compiled {
  BodyAssertion assertion;
  std::unique_ptr<RE2> matches;
  std::optional<json::json_pointer> pointer;
  json equals;
};

namespace {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 120;
  const bool cut = text.size() > most;
  return "\"" + std::string{text.substr(0, most)} + (cut ? "…\"" : "\"");
}

bool is_deeper(const json& value, int than) {
  if (!value.is_structured()) return false;
  if (than == 0) return true;
  return std::any_of(value.begin(), value.end(),
                     [than](const json& inner) { return is_deeper(inner, than - 1); });
}

// Invalid UTF-8 in what a target sent must not throw here, and writing it takes stack for each
// level, of which the target may send as many as the body has bytes.
std::string shown(const json& value) {
  constexpr std::size_t most = 120;
  if (is_deeper(value, static_cast<int>(most))) return "nested too deeply to show";
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > most) text.replace(most, std::string::npos, "…");
  return text;
}

}  // namespace

BodyCheck::BodyCheck(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
BodyCheck::~BodyCheck() = default;

Result<std::shared_ptr<const BodyCheck>> BodyCheck::compile(const BodyAssertion& assertion) {
  auto compiled = std::make_unique<Compiled>();
  compiled->assertion = assertion;
  if (assertion.matches) {
    RE2::Options options;
    options.set_log_errors(false);
    compiled->matches = std::make_unique<RE2>(*assertion.matches, options);
    if (!compiled->matches->ok()) {
      return Error{"cannot read the regular expression " + *assertion.matches + ": " +
                   compiled->matches->error()};
    }
  }
  if (assertion.json) {
    try {
      compiled->pointer.emplace(assertion.json->pointer);
      compiled->equals = json::parse(assertion.json->equals);
    } catch (const json::exception& failed) {
      return Error{"cannot read the JSON assertion at " + assertion.json->pointer + ": " +
                   failed.what()};
    }
  }
  return std::shared_ptr<const BodyCheck>{new BodyCheck{std::move(compiled)}};
}

std::optional<std::string> BodyCheck::complaint(std::string_view body) const {
  if (auto complaint = contains_complaint(body)) return complaint;
  if (auto complaint = matches_complaint(body)) return complaint;
  return json_complaint(body);
}

std::vector<LookCheck> BodyCheck::checks(std::string_view body) const {
  const BodyAssertion& wanted = compiled_->assertion;
  std::vector<LookCheck> checks;
  const auto add = [&](std::string what, std::string text,
                       const std::optional<std::string>& complaint) {
    const bool held = !complaint;
    checks.push_back({std::move(what), std::move(text), complaint.value_or(""), held});
  };
  if (wanted.contains) add("body contains", in_quotes(*wanted.contains), contains_complaint(body));
  if (wanted.matches) add("body matches", in_quotes(*wanted.matches), matches_complaint(body));
  if (wanted.json) {
    const std::string& pointer = wanted.json->pointer;
    add("json " + (pointer.empty() ? "the whole body" : pointer), shown(compiled_->equals),
        json_complaint(body));
  }
  return checks;
}

std::optional<std::string> BodyCheck::contains_complaint(std::string_view body) const {
  const auto& wanted = compiled_->assertion.contains;
  if (!wanted || body.find(*wanted) != std::string_view::npos) return std::nullopt;
  return "body does not contain " + in_quotes(*wanted);
}

std::optional<std::string> BodyCheck::matches_complaint(std::string_view body) const {
  const auto& pattern = compiled_->matches;
  if (!pattern || RE2::PartialMatch(re2::StringPiece{body.data(), body.size()}, *pattern)) {
    return std::nullopt;
  }
  return "body does not match " + in_quotes(*compiled_->assertion.matches);
}

std::optional<std::string> BodyCheck::json_complaint(std::string_view body) const {
  if (!compiled_->pointer) return std::nullopt;
  const std::string& pointer = compiled_->assertion.json->pointer;
  const json document = json::parse(body, nullptr, false);
  if (document.is_discarded()) return "body is not JSON";
  const json* found = nullptr;
  try {
    if (document.contains(*compiled_->pointer)) found = &document.at(*compiled_->pointer);
  } catch (const json::exception&) {
    // The pointer goes through something that is neither object nor array.
  }
  const std::string where = pointer.empty() ? "the body" : "the body's " + pointer;
  if (found == nullptr) {
    return where + " is missing, expected " + shown(compiled_->equals);
  }
  if (*found == compiled_->equals) return std::nullopt;
  return where + " is " + shown(*found) + ", expected " + shown(compiled_->equals);
}

}  // namespace heald
