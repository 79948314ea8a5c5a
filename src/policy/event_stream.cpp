#include "policy/event_stream.hpp"

#include <yaml.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "policy/wording.hpp"

namespace heald {

namespace {

// What an event costs beside its text; about what it takes in memory.
constexpr std::size_t event_overhead = 64;

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

std::uint32_t narrow(std::size_t number) { return static_cast<std::uint32_t>(number); }

bool opens(const YamlEvent& event) {
  return event.kind == EventKind::list_start || event.kind == EventKind::mapping_start;
}

bool closes(const YamlEvent& event) {
  return event.kind == EventKind::list_end || event.kind == EventKind::mapping_end;
}

}  // namespace

bool YamlEvent::is_null() const {
  if (kind != EventKind::scalar || !plain || filled || given) return false;
  return value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL";
}

bool has_key(const Recording& mapping, std::string_view key) {
  std::size_t depth = 0;
  for (const YamlEvent& event : mapping) {
    if (depth == 1 && event.key && event.value == key) return true;
    if (opens(event)) ++depth;
    if (closes(event)) --depth;
  }
  return false;
}

std::size_t end_of_node(const Recording& events, std::size_t begin) {
  std::size_t depth = 0;
  std::size_t at = begin;
  do {
    if (opens(events[at])) ++depth;
    if (closes(events[at])) --depth;
    ++at;
  } while (depth > 0 && at < events.size());
  return at;
}

std::string describe(const YamlEvent& event) {
  switch (event.kind) {
    case EventKind::scalar: return event.is_null() ? "nothing" : quoted(event.value);
    case EventKind::list_start: return "a list";
    case EventKind::mapping_start: return "a mapping";
    default: return "nothing";
  }
}

EventStream::EventStream(std::string_view text, std::uint32_t file, ProblemLog& log)
    : text_(text), file_(file), log_(log), parser_(std::make_unique<yaml_parser_s>()) {
  if (yaml_parser_initialize(parser_.get()) == 0) throw std::bad_alloc{};
  // Said outright, so that a byte order mark of UTF-16 is refused instead of obeyed.
  yaml_parser_set_encoding(parser_.get(), YAML_UTF8_ENCODING);
  const char* bytes = text.empty() ? "" : text.data();  // libyaml wants a place even for no bytes
  yaml_parser_set_input_string(parser_.get(), reinterpret_cast<const unsigned char*>(bytes),
                               text.size());
  advance();
}

EventStream::~EventStream() { yaml_parser_delete(parser_.get()); }

YamlEvent EventStream::take() {
  YamlEvent taken = std::move(current_);
  if (taken.kind == EventKind::end) {
    current_ = YamlEvent{.at = taken.at};
  } else {
    advance();
  }
  return taken;
}

Recording EventStream::take_node() {
  Recording node;
  std::size_t depth = 0;
  do {
    node.push_back(take());
    switch (node.back().kind) {
      case EventKind::end: return node;
      case EventKind::list_start:
      case EventKind::mapping_start: ++depth; break;
      case EventKind::list_end:
      case EventKind::mapping_end: --depth; break;
      case EventKind::scalar:
      case EventKind::broken: break;
    }
  } while (depth > 0);
  return node;
}

void EventStream::put_back(Recording&& node) {
  if (failed_ || node.empty()) return;
  waiting_.push_back(std::move(current_));
  waiting_.insert(waiting_.end(), std::make_move_iterator(node.rbegin()),
                  std::make_move_iterator(node.rend()));
  take_waiting();
}

void EventStream::put_back_copy(const Recording& node) {
  for (const YamlEvent& event : node) {
    if (!charge(event.value.size())) return;
  }
  put_back(Recording{node});
}

void EventStream::fill(std::string text) {
  current_.value = std::move(text);
  current_.filled = true;
}

// What waits has been counted, recorded and found a key or none when it was first read.
void EventStream::take_waiting() {
  current_ = std::move(waiting_.back());
  waiting_.pop_back();
}

void EventStream::advance() {
  if (failed_ || log_.full()) {
    current_ = YamlEvent{.at = current_.at};
    failed_ = true;
    return;
  }
  if (!waiting_.empty()) return take_waiting();
  if (playing_ != nullptr) {
    const YamlEvent& next = (*playing_)[played_++];
    if (played_ == playing_->size()) playing_ = nullptr;
    if (charge(next.value.size())) current_ = next;
  } else {
    pull();
  }
  if (!failed_) account();
}

void EventStream::pull() {
  yaml_event_t raw;
  if (yaml_parser_parse(parser_.get(), &raw) == 0) {
    report_syntax();
    return;
  }
  const std::unique_ptr<yaml_event_t, decltype(&yaml_event_delete)> owner{&raw, yaml_event_delete};
  convert(raw);
}

void EventStream::convert(yaml_event_s& raw) {
  const Position at{file_, narrow(raw.start_mark.line + 1), narrow(raw.start_mark.column + 1)};
  here_ = at;
  switch (raw.type) {
    case YAML_DOCUMENT_START_EVENT:
      if (document_seen_) {
        log_.add(at, "a second document begins here; a rule file is one document");
        break;
      }
      document_seen_ = true;
      return pull();
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT: return pull();
    case YAML_STREAM_END_EVENT:
    case YAML_NO_EVENT: break;
    case YAML_ALIAS_EVENT: return play(view(raw.data.alias.anchor), at);
    default:
      current_.at = at;
      return convert_node(raw);
  }
  current_ = YamlEvent{.at = at};
}

void EventStream::convert_node(yaml_event_s& raw) {
  const Position at = current_.at;
  current_ = YamlEvent{.kind = EventKind::broken, .at = at};
  switch (raw.type) {
    case YAML_SCALAR_EVENT: {
      const auto& scalar = raw.data.scalar;
      current_.kind = EventKind::scalar;
      current_.plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
      current_.value.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
      open_recording(scalar.anchor);
      refuse_tag(scalar.tag, at);
      break;
    }
    case YAML_SEQUENCE_START_EVENT:
      current_.kind = EventKind::list_start;
      open_recording(raw.data.sequence_start.anchor);
      refuse_tag(raw.data.sequence_start.tag, at);
      break;
    case YAML_MAPPING_START_EVENT:
      current_.kind = EventKind::mapping_start;
      open_recording(raw.data.mapping_start.anchor);
      refuse_tag(raw.data.mapping_start.tag, at);
      break;
    case YAML_SEQUENCE_END_EVENT: current_.kind = EventKind::list_end; break;
    case YAML_MAPPING_END_EVENT: current_.kind = EventKind::mapping_end; break;
    default: break;
  }
}

void EventStream::play(std::string_view anchor, Position at) {
  const auto same = [anchor](const OpenRecording& open) { return open.anchor == anchor; };
  if (std::ranges::any_of(open_, same)) {
    return fail(at, "alias " + quoted(anchor) + " stands inside what it stands for");
  }
  const auto found = recordings_.find(anchor);
  if (found == recordings_.end()) {
    log_.add(at, "alias " + quoted(anchor) + " has no anchor above it");
    current_ = YamlEvent{.kind = EventKind::broken, .at = at};
    return;
  }
  if (!charge(found->second.front().value.size())) return;
  current_ = found->second.front();
  played_ = 1;
  playing_ = found->second.size() > 1 ? &found->second : nullptr;
}

void EventStream::open_recording(const unsigned char* anchor) {
  if (anchor != nullptr) open_.push_back({std::string{view(anchor)}, depth_, {}});
}

// Keeps the depth and the recordings in step with every event that leaves the stream.
void EventStream::account() {
  if (opens(current_) && ++depth_ > deepest) {
    return fail(here_, "nested more than " + std::to_string(deepest) + " levels deep");
  }
  if (closes(current_)) --depth_;
  note_place();
  if (!open_.empty()) record();
}

// Tells keys from values.
void EventStream::note_place() {
  switch (current_.kind) {
    case EventKind::end: return;
    case EventKind::list_end:
    case EventKind::mapping_end: return containers_.pop_back();
    default: break;
  }
  if (!containers_.empty() && containers_.back().kind == EventKind::mapping_start) {
    current_.key = containers_.back().key_next;
    containers_.back().key_next = !current_.key;
  }
  if (opens(current_)) containers_.push_back({current_.kind, true});
}

void EventStream::record() {
  for (OpenRecording& open : open_) {
    if (!charge(current_.value.size())) return;
    open.events.push_back(current_);
  }
  close_recordings();
}

// A recording is complete when the depth is back at where it was opened.
void EventStream::close_recordings() {
  while (!open_.empty() && open_.back().depth == depth_) {
    recordings_.insert_or_assign(std::move(open_.back().anchor), std::move(open_.back().events));
    open_.pop_back();
  }
}

bool EventStream::charge(std::size_t octets) {
  charged_ += octets + event_overhead;
  if (charged_ <= expansion_budget) return true;
  fail(here_, "aliases and instances expand to more than " +
                  std::to_string(expansion_budget >> 20U) + " MiB here");
  return false;
}

void EventStream::refuse_tag(const unsigned char* tag, Position at) {
  if (tag == nullptr) return;
  log_.add(at, "tag " + quoted(view(tag)) + " has no meaning in a rule file; leave it out");
}

void EventStream::report_syntax() {
  const yaml_parser_t& parser = *parser_;
  const std::string problem = parser.problem == nullptr ? "out of memory" : parser.problem;
  if (parser.error == YAML_READER_ERROR) {
    const Position at = position_of(parser.problem_offset);
    const auto octet = static_cast<unsigned char>(
        parser.problem_offset < text_.size() ? text_[parser.problem_offset] : '\0');
    return fail(at, "not valid UTF-8 text: " + problem + ", at octet " + std::to_string(octet) +
                        " (offset " + std::to_string(parser.problem_offset) + ")");
  }
  const Position at{file_, narrow(parser.problem_mark.line + 1),
                    narrow(parser.problem_mark.column + 1)};
  std::string message = "not valid YAML: " + problem;
  if (parser.context != nullptr) {
    message.append(" ").append(parser.context).append(" that begins in line ");
    message += std::to_string(parser.context_mark.line + 1);
  }
  fail(at, message + ", at " + excerpt(at));
}

void EventStream::fail(Position at, const std::string& message) {
  log_.add(at, message);
  failed_ = true;
  playing_ = nullptr;
  current_ = YamlEvent{.at = at};
}

Position EventStream::position_of(std::size_t offset) const {
  const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t last_break = before.rfind('\n');
  const std::string_view in_line =
      last_break == std::string_view::npos ? before : before.substr(last_break + 1);
  const auto column = std::ranges::count_if(
      in_line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return {file_, narrow(line + 1), narrow(static_cast<std::size_t>(column) + 1)};
}

// The line of a mistake of syntax, without its indentation.
std::string EventStream::excerpt(Position at) const {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < at.line; ++line) {
    const std::size_t end = text_.find('\n', begin);
    if (end == std::string_view::npos) return "the end of the file";
    begin = end + 1;
  }
  const std::string_view rest = text_.substr(begin);
  const std::size_t first = rest.find_first_not_of(" \t\r");
  if (rest.empty() || first == std::string_view::npos) return "the end of the file";
  const std::string_view line = rest.substr(0, rest.find_first_of("\r\n", first));
  return quoted(line.substr(std::min(first, line.size())));
}

}  // namespace heald
