#include "journal/recording.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "journal/ring_block.hpp"

namespace heald {

namespace {

std::string read_block(int file, std::uint64_t offset) {
  std::string block(ring_block_size, '\0');
  const ssize_t got = ::pread(file, block.data(), block.size(), static_cast<off_t>(offset));
  block.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return block;
}

/// Calls `found` with the number and the offset of each whole block.
template <class Found>
void for_blocks(int file, Found found) {
  for (std::uint64_t offset = 0;; offset += ring_block_size) {
    const std::string block = read_block(file, offset);
    if (block.empty()) return;
    if (const auto header = open_block(block)) found(header->number, offset);
  }
}

Recorded read_observation(RingReader& reader, const std::vector<Recorded>& names, Instant at) {
  const std::uint64_t number = reader.number();
  Recorded seen = number < names.size() ? names[number] : Recorded{};
  seen.at = at + reader.span();
  seen.observation.begun = seen.at - reader.span();
  seen.observation.took = reader.span();
  const std::uint64_t flags = reader.number();
  seen.observation.outcome = static_cast<Outcome>(std::min<std::uint64_t>(flags / 2, 2));
  seen.observation.answered = flags % 2 == 1;
  seen.observation.evidence = std::string{reader.text()};
  return seen;
}

std::vector<Recording::Item> read_entries(std::string_view payload, Instant at) {
  std::vector<Recording::Item> items;
  std::vector<Recorded> names;
  RingReader reader{payload};
  while (!reader.empty()) {
    switch (static_cast<RingEntry>(reader.number())) {
      case RingEntry::name: {
        Recorded& named = names.emplace_back();
        named.service = std::string{reader.text()};
        named.probe = std::string{reader.text()};
        continue;
      }
      case RingEntry::observation: {
        const Recorded& seen =
            std::get<Recorded>(items.emplace_back(read_observation(reader, names, at)));
        at = seen.at;
        break;
      }
      case RingEntry::dropped: items.emplace_back(RecordingGap{reader.number(), 0}); break;
      default: return items;  // of a newer heald
    }
    if (reader.good() && at.time_since_epoch() <= ring_horizon) continue;
    items.pop_back();
    return items;
  }
  return items;
}

}  // namespace

std::uint64_t next_block_number(int file, std::uint64_t blocks) {
  std::uint64_t next = 1;
  for_blocks(file, [&](std::uint64_t number, std::uint64_t) { next = std::max(next, number + 1); });
  const std::string there = read_block(file, next % blocks * ring_block_size);
  const bool untouched = there.find_first_not_of('\0') == std::string::npos;
  return untouched || open_block(there) ? next : next + 1;
}

std::string ring_beside(const std::string& journal) {
  const std::filesystem::path path{journal};
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return ring_path(journal);
  const std::filesystem::path folder = path.parent_path();
  return ring_path(folder.empty() ? "." : folder.string());
}

Result<Recording> Recording::open(const std::string& path) {
  Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return system_error("cannot read " + path, errno);
  std::vector<Place> places;
  for_blocks(file.get(), [&](std::uint64_t number, std::uint64_t offset) {
    places.push_back({number, offset});
  });
  std::sort(places.begin(), places.end(),
            [](const Place& left, const Place& right) { return left.number < right.number; });
  return Recording{std::move(file), std::move(places)};
}

std::optional<Recording::Entry> Recording::next() {
  while (entries_.empty()) {
    if (next_place_ == places_.size()) return std::nullopt;
    load(places_[next_place_++]);
  }
  Entry entry = std::move(entries_.back());
  entries_.pop_back();
  return entry;
}

void Recording::load(const Place& place) {
  const std::string block = read_block(file_.get(), place.offset);
  const auto header = open_block(block);
  if (!header || header->number != place.number) return;  // it gave way: the next one tells
  const RecordingLife life{header->pid,
                           WallTime{std::chrono::milliseconds{header->opened_ms}}};
  const std::uint64_t missing = last_number_ == 0 ? 0 : place.number - last_number_ - 1;
  last_number_ = place.number;
  if (missing > 0) entries_.push_back({life, RecordingGap{0, missing}});
  const Instant first{Duration{static_cast<Duration::rep>(header->first_ns)}};
  const auto payload = std::string_view{block}.substr(ring_header_size, header->length);
  for (Item& item : read_entries(payload, first)) {
    entries_.push_back({life, std::move(item)});
  }
  std::reverse(entries_.begin(), entries_.end());
}

}  // namespace heald
