#include "process/child_record.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "process/proc.hpp"
#include "support/temporary_folder.hpp"

using namespace heald;
using heald::test::TemporaryFolder;

namespace {

ChildRecord own_record() {
  return {ActionId{3}, Generation{2}, ::getpid(), read_proc_stat(::getpid())->start_time,
          boot_id()};
}

}  // namespace

TEST_CASE("a record is read as it was written, over an older one") {
  const TemporaryFolder folder;
  const auto path = folder.file("web.child");
  auto record = own_record();
  record.generation = Generation{18'446'744'073'709'551'615U};
  REQUIRE(write_child_record(path, record).has_value());
  REQUIRE(write_child_record(path, own_record()).has_value());
  const auto read = read_child_record(path);
  REQUIRE(read.has_value());
  CHECK((*read == own_record()));
}

TEST_CASE("no file and an empty file are no record") {
  const TemporaryFolder folder;
  CHECK_FALSE(read_child_record(folder.file("none")).value());
  CHECK_FALSE(read_child_record(folder.write("empty", "")).value());
}

TEST_CASE("a damaged record is an error, not a process") {
  const TemporaryFolder folder;
  const auto path = folder.file("web.child");
  REQUIRE(write_child_record(path, own_record()).has_value());
  const auto good = folder.read("web.child");
  auto no_pid = good;
  no_pid.replace(no_pid.find("pid 0"), 5, "pid x");
  auto no_end = good;
  no_end.replace(no_end.find("end"), 3, "   ");
  const std::string zeros(good.size(), '\0');
  auto fewer_digits = good;  // what still reads as numbers, but was never written so
  fewer_digits.erase(fewer_digits.find("action 0") + 7, 1).insert(good.size() - 2, " ");
  auto rubbish_after = good;
  rubbish_after[good.size() - 3] = '7';
  for (const auto& bad : {good.substr(0, good.size() - 1), good + "x", no_pid, no_end, zeros,
                          fewer_digits, rubbish_after}) {
    folder.write("web.child", bad);
    const auto read = read_child_record(path);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message == "cannot read child record " + path + ": it is damaged");
  }
}

TEST_CASE("another process with the same pid is not the process of the record") {
  auto record = own_record();
  CHECK(is_alive(record));
  CHECK(open_pidfd(record).has_value());
  record.start_time += 1;
  CHECK_FALSE(is_alive(record));
  CHECK_FALSE(open_pidfd(record).has_value());
}

TEST_CASE("a process of another boot is not the process of the record") {
  auto record = own_record();
  record.boot_id.back() = record.boot_id.back() == '0' ? '1' : '0';
  CHECK_FALSE(is_alive(record));
}
