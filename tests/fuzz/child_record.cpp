// The record that a child leaves in the run folder. What is read can be written, and is then read
// as the same.

#include <filesystem>
#include <string>

#include "fuzz/input.hpp"
#include "process/child_record.hpp"
#include "support/temporary_folder.hpp"

namespace heald::fuzz {

void run(std::string_view bytes) {
  static const test::TemporaryFolder folder;
  static const std::string path = folder.file("web");
  folder.write("web", std::string{bytes});
  const auto record = read_child_record(path);
  if (!record) {
    require(record.error().message.find(path) != std::string::npos, "the error names the file");
    return;
  }
  require(bytes.empty() == !record->has_value(), "only an empty file has no record");
  if (!*record) return;
  require((*record)->pid > 0, "a process has a positive pid");
  static_cast<void>(is_alive(**record));
  require(write_child_record(path, **record).has_value(), "what was read can be written");
  const auto again = read_child_record(path);
  require(again.has_value() && *again == *record, "and is read as the same");
}

}  // namespace heald::fuzz
