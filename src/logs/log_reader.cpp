#include "logs/log_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "logs/log_segments.hpp"

namespace heald {
namespace {

constexpr std::uint64_t most_bytes = 1ULL << 20U;
constexpr std::uint64_t chunk = std::uint64_t{64} * 1024;

/// Text without a gap in it.
struct Run {
  std::uint64_t position = 0;
  std::string text;
  [[nodiscard]] std::uint64_t end() const { return position + text.size(); }
};

void add(std::vector<Run>& runs, std::uint64_t position, std::string text) {
  if (!runs.empty() && runs.back().end() == position) {
    runs.back().text += text;
  } else if (!text.empty()) {
    runs.push_back({position, std::move(text)});
  }
}

/// What stands from the position on, up to about a megabyte.
std::vector<Run> read_from(const LogSegments& segments, std::uint64_t position) {
  std::vector<Run> runs;
  std::uint64_t left = most_bytes;
  for (const LogSegment& segment : segments.all()) {
    const auto from = std::max(position, segment.base);
    if (from >= segment.end || left == 0) continue;
    const auto to = std::min(segment.end, from + left);
    add(runs, from, segment.read(from, to));
    left -= to - from;
  }
  return runs;
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// Where about the last `count` lines begin, or some before them.
std::uint64_t start_of_last(const LogSegments& segments, std::size_t count) {
  std::size_t seen = 0;
  std::uint64_t bytes = 0;
  std::uint64_t start = segments.end();
  for (auto segment = segments.all().rbegin(); segment != segments.all().rend(); ++segment) {
    for (auto to = segment->end; to > segment->base;) {
      const auto from = to - std::min(chunk, to - segment->base);
      seen += lines_in(segment->read(from, to));
      bytes += to - from;
      start = to = from;
      // One more than asked for ends what lies before the first of them.
      if (seen > count || bytes >= most_bytes - chunk) return start;
    }
  }
  return start;
}

/// When the bytes at ascending positions came.
class Clock {
 public:
  Clock(const LogSegments& segments, WallTime now) : segments_(segments), now_(now) {}

  std::optional<WallTime> at(std::uint64_t position) {
    while (next_ < marks_.size() && marks_[next_].position <= position) ++next_;
    if (position >= end_ && !load(position)) return std::nullopt;
    if (fresh_ && position >= *fresh_) return now_;
    return next_ == 0 ? std::nullopt : marks_[next_ - 1].at;
  }

 private:
  bool load(std::uint64_t position) {
    for (const LogSegment& segment : segments_.all()) {
      if (position < segment.base || position >= segment.end) continue;
      end_ = segment.end;
      marks_ = segment.times ? segment.times->between(position, segment.end)
                             : std::vector<LogMark>{};
      next_ = 0;
      while (next_ < marks_.size() && marks_[next_].position <= position) ++next_;
      const bool newest = segment.end == segments_.end() && segment.times;
      if (newest && segment.times->count() > 0) {
        fresh_ = segment.times->mark(segment.times->count() - 1).position;
      }
      return true;
    }
    return false;
  }

  const LogSegments& segments_;
  WallTime now_;
  std::optional<std::uint64_t> fresh_;  ///< from there on nothing is noted yet
  std::vector<LogMark> marks_;
  std::size_t next_ = 0;  ///< the first mark behind the position that was asked for last
  std::uint64_t end_ = 0;
};

/// The lines of a run; the last one may lack its end. `is_last`: more may come behind it.
void split(const Run& run, bool is_last, Clock& clock, std::vector<LogLine>& lines) {
  std::string_view rest = run.text;
  while (!rest.empty()) {
    const auto at = run.end() - rest.size();
    const auto end = rest.substr(0, longest_log_line + 1).find('\n');
    LogLine line{at, clock.at(at), {}, true};
    if (end != std::string_view::npos) {
      line.text = rest.substr(0, end);
      rest.remove_prefix(end + 1);
    } else {
      line.text = rest.substr(0, longest_log_line);
      line.whole = !is_last || rest.size() > longest_log_line;
      rest.remove_prefix(line.text.size());
    }
    lines.push_back(std::move(line));
  }
}

std::vector<LogLine> lines_of(const LogSegments& segments, const std::vector<Run>& runs,
                              WallTime now) {
  std::vector<LogLine> lines;
  Clock clock{segments, now};
  for (std::size_t place = 0; place < runs.size(); ++place) {
    split(runs[place], place + 1 == runs.size(), clock, lines);
  }
  return lines;
}

std::uint64_t behind(const std::vector<Run>& runs, std::uint64_t otherwise) {
  return runs.empty() ? otherwise : runs.back().end();
}

}  // namespace

LogPage last_lines(const LogPaths& paths, std::size_t count, WallTime now) {
  const LogSegments segments{paths};
  const auto runs = read_from(segments, start_of_last(segments, count));
  LogPage page{lines_of(segments, runs, now), behind(runs, segments.end())};
  if (!page.lines.empty() && !page.lines.back().whole) page.next = page.lines.back().position;
  // Of the first one only the end may have been read: it is there to be cut off.
  if (page.lines.size() > count) {
    page.lines.erase(page.lines.begin(),
                     page.lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  return page;
}

LogPage lines_from(const LogPaths& paths, std::uint64_t position, std::size_t count,
                   WallTime now) {
  const LogSegments segments{paths};
  const auto runs = read_from(segments, position);
  LogPage page{lines_of(segments, runs, now), behind(runs, segments.end())};
  if (!page.lines.empty() && !page.lines.back().whole) {
    page.next = page.lines.back().position;
    page.lines.pop_back();
  }
  if (page.lines.size() > count) {
    page.next = page.lines[count].position;
    page.lines.resize(count);
  }
  return page;
}

}  // namespace heald
