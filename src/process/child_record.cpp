#include "process/child_record.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "heald/assert.hpp"
#include "process/proc.hpp"

namespace heald {
namespace {

constexpr std::string_view first_line = "heald-child 1\n";
constexpr std::size_t boot_id_size = 36;

/// Takes "KEY DIGITS\n" or "KEY WORD\n" off the front of a record.
class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : rest_(text) {}

  bool literal(std::string_view expected) {
    if (rest_.substr(0, expected.size()) != expected) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  std::optional<std::string_view> word(std::string_view key) {
    if (!literal(key) || !literal(" ")) return std::nullopt;
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return value;
  }

  std::optional<std::uint64_t> number(std::string_view key) {
    const auto text = word(key);
    if (!text) return std::nullopt;
    std::uint64_t value = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
  }

 private:
  std::string_view rest_;
};

ChildRecordText record_text(const ChildRecord& record);

std::optional<ChildRecord> parse(std::string_view text) {
  RecordReader reader{text};
  if (text.size() != ChildRecordText::size || !reader.literal(first_line)) return std::nullopt;
  const auto action = reader.number("action");
  const auto generation = reader.number("generation");
  const auto pid = reader.number("pid");
  const auto start_time = reader.number("start");
  const auto boot = reader.word("boot");
  if (!action || !generation || !pid || !start_time || !boot) return std::nullopt;
  if (!reader.literal("end\n") || *pid == 0 || *pid > INT32_MAX) return std::nullopt;
  ChildRecord record{ActionId{*action}, Generation{*generation}, static_cast<pid_t>(*pid),
                     *start_time, std::string{*boot}};
  // There is one way to write a record: what differs in a digit or a space was damaged.
  const auto written = record_text(record);
  if (text != std::string_view{written.bytes.data(), written.bytes.size()}) return std::nullopt;
  return record;
}

std::string read_boot_id() {
  const Fd file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
  std::array<char, boot_id_size> text{};
  if (!file || ::read(file.get(), text.data(), text.size()) != ssize_t{boot_id_size}) return {};
  return {text.data(), text.size()};
}

void put_digits(ChildRecordText& text, std::size_t at, std::uint64_t value) {
  for (std::size_t i = ChildRecordText::digits; i-- > 0; value /= 10) {
    text.bytes.at(at + i) = static_cast<char>('0' + value % 10);
  }
}

ChildRecordText record_text(const ChildRecord& record) {
  ChildRecordText text;
  text.bytes.fill(' ');
  std::size_t used = 0;
  const auto append = [&](std::string_view part) {
    HEALD_ASSERT(used + part.size() <= text.bytes.size());
    std::memcpy(text.bytes.data() + used, part.data(), part.size());
    used += part.size();
  };
  const auto append_number = [&](std::string_view key, std::uint64_t value) {
    append(key);
    const auto at = used;
    append("00000000000000000000\n");
    put_digits(text, at, value);
    return at;
  };
  append(first_line);
  append_number("action ", record.action.value());
  append_number("generation ", record.generation.value());
  text.pid_at = append_number("pid ", static_cast<std::uint64_t>(record.pid));
  text.start_time_at = append_number("start ", record.start_time);
  append("boot ");
  append(std::string_view{record.boot_id}.substr(0, boot_id_size));
  append("\nend\n");
  text.bytes.back() = '\n';
  return text;
}

}  // namespace

ChildRecordText child_record_text(ActionId action, Generation generation) {
  return record_text({action, generation, 0, 0, boot_id()});
}

Result<Fd> open_child_record(const std::string& path) {
  Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return system_error("cannot open child record " + path, errno);
  return file;
}

Result<std::optional<ChildRecord>> read_child_record(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file && errno == ENOENT) return std::optional<ChildRecord>{};
  if (!file) return system_error("cannot open child record " + path, errno);
  std::array<char, ChildRecordText::size + 1> bytes{};
  const auto count = ::read(file.get(), bytes.data(), bytes.size());
  if (count < 0) return system_error("cannot read child record " + path, errno);
  // Opened for a child that was never made: there is no record yet.
  if (count == 0) return std::optional<ChildRecord>{};
  auto record = parse({bytes.data(), static_cast<std::size_t>(count)});
  if (!record) return Error{"cannot read child record " + path + ": it is damaged"};
  return record;
}

Result<void> write_child_record(const std::string& path, const ChildRecord& record) {
  const auto file = open_child_record(path);
  if (!file) return file.error();
  const auto text = record_text(record);
  const auto count = ::pwrite(file->get(), text.bytes.data(), text.bytes.size(), 0);
  if (count == ssize_t{ChildRecordText::size}) return {};
  return system_error("cannot write child record " + path, count < 0 ? errno : ENOSPC);
}

bool is_alive(const ChildRecord& record) {
  if (boot_id().empty() || record.boot_id != boot_id()) return false;
  const auto stat = read_proc_stat(record.pid);
  return stat && stat->start_time == record.start_time && stat->state != 'Z' && stat->state != 'X';
}

std::optional<Fd> open_pidfd(const ChildRecord& record) {
  Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, record.pid, 0))};
  // Only now: a process that is alive after the descriptor was opened is the descriptor's.
  if (!pidfd || !is_alive(record)) return std::nullopt;
  return pidfd;
}

const std::string& boot_id() {
  static const std::string id = read_boot_id();
  return id;
}

}  // namespace heald
