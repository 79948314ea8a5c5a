// HTTP: probes, actions, webhooks, and what they share.

#include <algorithm>

#include "base/fill_in.hpp"
#include "heald/message.hpp"
#include "policy/command_fields.hpp"
#include "policy/json_text.hpp"
#include "policy/lint.hpp"
#include "policy/scalars.hpp"
#include "policy/tables.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HeadersValue {
  static constexpr TypeSpec header{.text = "name", .pattern = header_name_pattern};
  static constexpr TypeSpec content{
      .text = "text", .form = Form::any_text, .pattern = header_value_pattern};
  static constexpr TypeSpec type{.shape = Shape::map, .item = &content, .name = &header};
  static void read(Reader& reader, Headers& headers) {
    read_names(reader, "a mapping of HTTP headers", "header", [&](const YamlEvent& key) {
      if (const auto name = parse_header_name(key.value); !name) {
        reader.report(key.at, name.error().message);
      }
      const Position at = reader.at();
      std::string& value = headers.emplace_back(key.value, "").second;
      reader.read_unfilled([&] {
        read_parsed(reader, value, "the value of an HTTP header", parse_header_value);
      });
      lint_named(reader, at, key.value, value);
    });
  }
};

struct HeaderFilesValue {
  static constexpr TypeSpec type{
      .shape = Shape::map, .item = &PathValue::type, .name = &HeadersValue::header};
  static void read(Reader& reader, Headers& files) {
    read_names(reader, "a mapping of HTTP headers to files", "header", [&](const YamlEvent& key) {
      if (const auto name = parse_header_name(key.value); !name) {
        reader.report(key.at, name.error().message);
      }
      PathValue::read(reader, files.emplace_back(key.value, "").second);
    });
  }
};
constexpr std::string_view header_files_doc =
    "Headers by name, and for each the file whose only line is its value, read for each request. "
    "Not sent to where a redirect leads.";

// `latency: {below: 300ms}`.
struct Latency {
  std::optional<Duration> below;
};
constexpr std::array latency_fields{
    field<OptionalValue<PositiveSpanValue>, &Latency::below>(
        "below", "The whole answer must have arrived in less than this.", {Presence::required}),
};
constexpr Mapping<Latency> latency_mapping =
    mapping<Latency>("latency", "How fast the answer must be.", latency_fields);

void read_latency(Reader& reader, HttpProbe& probe) {
  Latency latency;
  reader.read(latency_mapping, latency);
  probe.latency_below = latency.below;
}

struct JsonTextValue {
  static constexpr TypeSpec type{.text = "any value", .form = Form::anything};
  static void read(Reader& reader, std::string& json) { read_json_text(reader, json); }
};

using JsonEquals = BodyAssertion::JsonEquals;
constexpr std::array json_fields{
    field<PointerValue, &JsonEquals::pointer>(
        "pointer", "Where in the body to look (RFC 6901): `/status`, `/checks/0/state`.",
        {Presence::required}),
    field<JsonTextValue, &JsonEquals::equals>(
        "equals", "The value that must stand there. `3` and `\"3\"` differ, as in JSON.",
        {Presence::required}),
};
constexpr Mapping<JsonEquals> json_mapping =
    mapping<JsonEquals>("json assertion", "One value of a JSON body.", json_fields);

/// Whether the placeholders are what a message has.
Result<void> check_template(const std::string& text) {
  const auto filled = fill_in(text, Escapes::undone, [](const Placeholder& found) {
    const auto known = std::ranges::count(message_fields, found.name) != 0;
    if (known || found.name == message_secret) return stands_for({});
    return Result<std::string>{Error{"a message has no field " + quoted(found.name) +
                                     suggestion(found.name, message_fields)}};
  });
  if (!filled) return filled.error();
  return {};
}

struct TemplateValue {
  static constexpr TypeSpec type{.text = "any value", .form = Form::anything};
  static void read(Reader& reader, std::string& json) {
    const Position at = reader.at();
    reader.read_plain([&] { read_json_text(reader, json); });
    if (const auto good = check_template(json); !good) reader.report(at, good.error().message);
  }
};

constexpr FieldOptions some{Presence::some};

struct ContainedValue : DataValue {
  static constexpr TypeSpec type{
      .text = "text", .form = Form::any_text, .pattern = not_empty_pattern};
};

constexpr std::array body_fields{
    field<OptionalValue<ContainedValue>, &BodyAssertion::contains>(
        "contains", "Text that the body must contain.", some),
    field<OptionalValue<PatternValue>, &BodyAssertion::matches>(
        "matches", "A regular expression (RE2) that must match somewhere in the body.", some),
    field<MappingValue<json_mapping>, &BodyAssertion::json>(
        "json", "A value that a JSON body must hold.", some),
};

template <class Owner, auto... Path>
consteval std::array<FieldSpec, 7> request_fields() {
  return {
      field_of<Owner, UrlValue, Path..., &HttpRequestPolicy::url>(
          "url", "What to ask, absolute, http or https.", {Presence::required}),
      field_of<Owner, SocketPathValue, Path..., &HttpRequestPolicy::socket>(
          "socket", "A unix socket to connect to: an absolute path, or `@NAME` (abstract).",
          {.otherwise = "the URL's host and port"}),
      field_of<Owner, MethodValue, Path..., &HttpRequestPolicy::method>("method", "The method."),
      field_of<Owner, HeadersValue, Path..., &HttpRequestPolicy::headers>(
          "headers", "Headers to send, by name.", {.otherwise = "none"}),
      field_of<Owner, HeaderFilesValue, Path..., &HttpRequestPolicy::header_files>(
          "header_files", header_files_doc, {.otherwise = "none"}),
      field_of<Owner, DataValue, Path..., &HttpRequestPolicy::body>(
          "data", "The body to send.", {.otherwise = "none"}),
      field_of<Owner, MappingValue<tls_mapping>, Path..., &HttpRequestPolicy::tls>(
          "tls", "How https is checked.", {.otherwise = "verified"}),
  };
}

constexpr std::string_view status_doc = "The statuses that count as success.";

constexpr auto http_probe_fields = join(
    request_fields<HttpProbe, &HttpProbe::request>(),
    std::array{
        field<StatusesValue, &HttpProbe::status>("status", status_doc),
        field<MappingValue<body_mapping>, &HttpProbe::body>(
            "body", "What the answer's body must be like.", {.otherwise = "anything"}),
        custom<HttpProbe, read_latency>(
            "latency", {.shape = Shape::mapping, .mapping = &latency_mapping},
            "How fast the answer must be.", {.otherwise = "within the timeout"}),
        field<CountValue<0, 20>, &HttpProbe::max_redirects>(
            "redirects", "How many redirects to follow; with 0 a redirect is an answer like any."),
    });

constexpr auto http_action_fields = join(
    request_fields<HttpActionDraft, &HttpActionDraft::http, &HttpAction::request>(),
    std::array{
        field<StatusesValue, &HttpActionDraft::http, &HttpAction::status>("status", status_doc),
        field<OptionalValue<PositiveSpanValue>, &HttpActionDraft::timeout>(
            "timeout", "The same as the rung's `timeout`.", {.otherwise = "the rung's"}),
    });

constexpr std::array webhook_fields{
    field<UrlValue, &WebhookReceiver::request, &HttpRequestPolicy::url>(
        "url", "Where messages are posted, as JSON.", {Presence::choice}),
    field<TextValue, &WebhookReceiver::url_file>(
        "url_file", "A file with the URL, where that is a secret.", {Presence::choice}),
    field<HeadersValue, &WebhookReceiver::request, &HttpRequestPolicy::headers>(
        "headers", "Headers to send, by name.", {.otherwise = "none"}),
    field<HeaderFilesValue, &WebhookReceiver::request, &HttpRequestPolicy::header_files>(
        "header_files", header_files_doc, {.otherwise = "none"}),
    field<MappingValue<tls_mapping>, &WebhookReceiver::request, &HttpRequestPolicy::tls>(
        "tls", "How https is checked.", {.otherwise = "verified"}),
    field<TextValue, &WebhookReceiver::secret_file>(
        "secret_file",
        "A file whose content is sent as `Authorization: Bearer ...`, or stands for `${secret}` in "
        "the body, so that no secret stands in the rules.",
        {.otherwise = "none"}),
    field<TemplateValue, &WebhookReceiver::body>(
        "body", "What is posted, with placeholders for what the message says.",
        {.otherwise = "the message"}),
    field<TemplateValue, &WebhookReceiver::recovered_body>(
        "recovered_body", "The same for the end of an incident.", {.otherwise = "`body`"}),
};

void check_body(Reader& reader, BodyAssertion& body, const SeenKeys& seen) {
  if (body.contains && body.contains->empty()) {
    reader.report(seen.at("contains"), "'contains' is empty, which every body contains");
  }
}

template <class Owner, auto... Path>
void read_url(Reader& reader, Owner& owner) {
  UrlValue::read(reader, detail::reach<Path...>(owner).url);
}

/// Schemes are written in any case.
bool is_https(std::string_view url) {
  return url.size() > 5 && (url[4] == 's' || url[4] == 'S');
}

template <class Owner, auto... Path>
void check_request(Reader& reader, Owner& owner, const SeenKeys& seen) {
  const HttpRequestPolicy& request = detail::reach<Path...>(owner);
  if (!request.socket.empty() && is_https(request.url)) {
    reader.report(seen.at("socket"), "TLS is not spoken over unix sockets: the URL has to be http");
  }
}

void check_webhook(Reader& reader, WebhookReceiver& receiver, const SeenKeys& seen) {
  receiver.request.method = "POST";
  const std::string mention = std::string{"${"}.append(message_secret);
  for (const auto& [key, body] : {std::pair{"body", &receiver.body},
                                  std::pair{"recovered_body", &receiver.recovered_body}}) {
    if (receiver.secret_file.empty() && body->find(mention) != std::string::npos) {
      reader.report(seen.at(key), "'${secret}' needs a 'secret_file'");
    }
  }
}

void read_webhook_url(Reader& reader, WebhookReceiver& receiver) {
  read_url<WebhookReceiver, &WebhookReceiver::request>(reader, receiver);
  receiver.request.method = "POST";
}

}  // namespace

constexpr Mapping<BodyAssertion> body_mapping = with_check<BodyAssertion, check_body>(
    mapping<BodyAssertion>("body", "Everything that is given must hold.", body_fields));

constexpr Mapping<HttpProbe> http_probe_mapping =
    with_short_form<HttpProbe, read_url<HttpProbe, &HttpProbe::request>>(
        with_check<HttpProbe, check_request<HttpProbe, &HttpProbe::request>>(
            mapping<HttpProbe>("http probe", "Makes a request; the answer tells.",
                               http_probe_fields)),
        UrlValue::type, "a URL");

constexpr Mapping<HttpActionDraft> http_action_mapping =
    with_short_form<HttpActionDraft,
                    read_url<HttpActionDraft, &HttpActionDraft::http, &HttpAction::request>>(
        with_check<HttpActionDraft,
                   check_request<HttpActionDraft, &HttpActionDraft::http, &HttpAction::request>>(
            mapping<HttpActionDraft>("http action", "Makes a request, for its effect.",
                                     http_action_fields)),
        UrlValue::type, "a URL");

constexpr Mapping<WebhookReceiver> webhook_mapping =
    with_short_form<WebhookReceiver, read_webhook_url>(
        with_check<WebhookReceiver, check_webhook>(mapping<WebhookReceiver>(
            "webhook receiver", "Posts messages to a URL.", webhook_fields)),
        UrlValue::type, "a URL");

}  // namespace heald
