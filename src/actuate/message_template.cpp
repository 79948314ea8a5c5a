#include "actuate/message_template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/fill_in.hpp"
#include "heald/message.hpp"

namespace heald {
namespace {

using Json = nlohmann::ordered_json;

std::string as_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string as_words(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : as_json(value);
}

bool says_nothing(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

/// The template of what this message is about.
const std::string& template_of(const WebhookReceiver& webhook, const Json& message) {
  const bool over = message.value("occasion", "") == to_string(Occasion::recovered);
  return over && !webhook.recovered_body.empty() ? webhook.recovered_body : webhook.body;
}

bool mentions_secret(const std::string& text) {
  bool found = false;
  std::ignore = fill_in(text, Escapes::undone, [&](const Placeholder& each) {
    found = found || each.name == message_secret;
    return stands_for({});
  });
  return found;
}

/// Makes the body out of the template.
class Rendering {
 public:
  Rendering(const Json& message, const ReadSecret& secret) : message_(message), secret_(secret) {}

  Result<void> render(Json& node) {
    if (node.is_string()) return render_text(node);
    if (node.is_object()) return render_object(node);
    if (!node.is_array()) return {};
    for (Json& inner : node) {
      if (auto rendered = render(inner); !rendered) return rendered;
    }
    return {};
  }

 private:
  /// Names of what it holds are texts as well.
  Result<void> render_object(Json& node) {
    Json rendered = Json::object();
    for (const auto& [key, value] : node.items()) {
      Json name = key;
      if (auto done = render_text(name); !done) return done;
      Json& inner = rendered[as_words(name)] = value;
      if (auto done = render(inner); !done) return done;
    }
    node = std::move(rendered);
    return {};
  }

  Result<void> render_text(Json& node) {
    const auto text = node.get<std::string>();
    Json alone;
    bool is_alone = false;
    const auto filled = fill_in(text, Escapes::undone,
                                [&](const Placeholder& found) -> Result<std::string> {
      auto value = value_of_field(found);
      if (!value) return value.error();
      is_alone = found.whole == text;
      if (is_alone) alone = *value;
      return stands_for(as_words(*value));
    });
    if (!filled) return filled.error();
    node = is_alone ? std::move(alone) : Json(*filled);
    return {};
  }

  Result<Json> value_of_field(const Placeholder& found) {
    if (found.name == message_secret) {
      auto read = secret_();
      if (!read) return read.error();
      return Result<Json>{boost::system::in_place_value, *std::move(read)};
    }
    const auto field = message_.find(found.name);
    Json value = field == message_.end() ? Json{} : *field;
    if (found.otherwise && says_nothing(value)) value = std::string{*found.otherwise};
    return Result<Json>{boost::system::in_place_value, std::move(value)};
  }

  const Json& message_;
  const ReadSecret& secret_;
};

}  // namespace

bool body_has_secret(const WebhookReceiver& webhook) {
  return mentions_secret(webhook.body) || mentions_secret(webhook.recovered_body);
}

Result<std::string> body_for(const WebhookReceiver& webhook, const std::string& message,
                             const ReadSecret& secret) {
  const auto fields = Json::parse(message, nullptr, false);
  const std::string& wanted = template_of(webhook, fields);
  if (wanted.empty() || !fields.is_object()) return stands_for(message);
  auto body = Json::parse(wanted, nullptr, false);
  if (body.is_discarded()) return Error{"the template of its body is no JSON"};
  const auto rendered = Rendering{fields, secret}.render(body);
  if (!rendered) return rendered.error();
  return stands_for(as_json(body));
}

std::map<std::string, std::string> environment_of(const std::string& message) {
  std::map<std::string, std::string> environment;
  const auto fields = Json::parse(message, nullptr, false);
  if (!fields.is_object()) return environment;
  for (const auto& [name, value] : fields.items()) {
    if (value.is_structured() || value.is_null()) continue;
    std::string variable = "HEALD_" + name;
    std::ranges::transform(variable, variable.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    environment.emplace(std::move(variable), escaped(as_words(value)));
  }
  return environment;
}

}  // namespace heald
