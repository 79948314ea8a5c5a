#pragma once
// A rule file as a stream of YAML events, aliases expanded.
//
// The reader works on events, not on a tree of the file: a tree of 100,000 services costs more
// time and memory than the policy that comes out of it. The price is that an anchored node has to
// be recorded when it is first seen and played back at each alias. Both are charged to one budget,
// so that aliases that multiply ("billion laughs") are a mistake in the file and not a burden.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/problem.hpp"

struct yaml_event_s;
struct yaml_parser_s;

namespace heald {

enum class EventKind : std::uint8_t {
  end,     ///< nothing more will come, be it the file's end or a mistake that ended the reading
  broken,  ///< a node that has been reported already: to be passed over in silence
  scalar,
  list_start,
  list_end,
  mapping_start,
  mapping_end,
};

struct YamlEvent {
  EventKind kind = EventKind::end;
  bool plain = false;  ///< a scalar without quotes, which may be a number, a flag or nothing
  bool key = false;    ///< a scalar that is a mapping's key
  bool filled = false;  ///< its placeholders have been replaced; it is something, even if empty
  bool given = false;   ///< holds the value of a parameter; the same, but may still be filled in
  Position at = {};
  std::string value = {};  ///< of a scalar; UTF-8

  /// A missing value, `~` or `null`.
  [[nodiscard]] bool is_null() const;
  /// Whether it may be a number or a flag: what comes in is not quoted again.
  [[nodiscard]] bool is_bare() const { return plain || filled || given; }
};

/// A whole node, from its first event to its last.
using Recording = std::vector<YamlEvent>;

/// Whether a mapping has the key, at its top.
[[nodiscard]] bool has_key(const Recording& mapping, std::string_view key);

/// One past the last event of the node that begins at `begin`.
[[nodiscard]] std::size_t end_of_node(const Recording& events, std::size_t begin);

/// "a list", "a mapping", "nothing", or the quoted text: what was found, in a message.
[[nodiscard]] std::string describe(const YamlEvent& event);

/// Reads one document. Mistakes of form go to the log; the first that leaves no way on (bad YAML,
/// bad UTF-8, nested too deeply, too much expanded) ends the stream.
class EventStream {
 public:
  static constexpr std::size_t deepest = 64;
  /// Octets of recorded, played-back and copied events together, each counted with its overhead.
  static constexpr std::size_t expansion_budget = 64U << 20U;

  /// Both the text and the log must outlive the stream.
  EventStream(std::string_view text, std::uint32_t file, ProblemLog& log);
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream();

  /// The next event, which stays next.
  [[nodiscard]] const YamlEvent& peek() const { return current_; }
  /// The next event, and moves on.
  YamlEvent take();
  /// A whole node, and moves on behind it.
  Recording take_node();
  /// Puts a node before the next event, to be read next.
  void put_back(Recording&& node);
  /// The same with a copy, which counts as an expansion, like an alias.
  void put_back_copy(const Recording& node);
  /// Replaces the text of the next event, a scalar.
  void fill(std::string text);
  /// Says that the next event, a scalar, has been reported as a mistake.
  void break_next() { current_.kind = EventKind::broken; }
  /// Whether a mistake ended the stream before the document's end.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  struct OpenRecording {
    std::string anchor;
    std::size_t depth;
    Recording events;
  };

  /// A list or mapping that is open.
  struct Container {
    EventKind kind;
    bool key_next;  ///< of a mapping: whether its next node is a key
  };

  void advance();
  void take_waiting();
  void note_place();
  void pull();
  void convert(yaml_event_s& raw);
  void convert_node(yaml_event_s& raw);
  void play(std::string_view anchor, Position at);
  void open_recording(const unsigned char* anchor);
  void account();
  void record();
  void close_recordings();
  bool charge(std::size_t octets);
  void refuse_tag(const unsigned char* tag, Position at);
  void report_syntax();
  void fail(Position at, const std::string& message);
  [[nodiscard]] Position position_of(std::size_t offset) const;
  [[nodiscard]] std::string excerpt(Position at) const;

  std::string_view text_;
  std::uint32_t file_;
  ProblemLog& log_;
  std::unique_ptr<yaml_parser_s> parser_;
  YamlEvent current_;
  Position here_;  ///< of what was last read from the text: while an alias plays, of the alias
  std::size_t depth_ = 0;
  std::size_t charged_ = 0;
  bool failed_ = false;
  bool document_seen_ = false;
  std::map<std::string, Recording, std::less<>> recordings_;
  std::vector<OpenRecording> open_;
  std::vector<Container> containers_;
  Recording waiting_;  ///< what was put back, the next event last
  const Recording* playing_ = nullptr;
  std::size_t played_ = 0;
};

}  // namespace heald
