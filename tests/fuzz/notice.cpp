// A datagram of sd_notify(3), and what the word of a process makes of what is known of it.

#include "process/notice.hpp"

#include <algorithm>
#include <string>

#include "fuzz/input.hpp"
#include "process/self_report.hpp"

namespace heald::fuzz {
namespace {

constexpr pid_t self = 7;
constexpr Moment now{std::chrono::hours{1}};

bool is_one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char each) {
    return static_cast<unsigned char>(each) < 0x20 || each == 0x7f;
  });
}

void check(const Notice& notice) {
  require(!notice.status || notice.status->size() <= 256, "a status is short");
  require(!notice.status || is_one_line(*notice.status), "a status is one line");
  require(!notice.main_pid || *notice.main_pid > 0, "a process has a positive pid");
  if (!notice.extension) return;
  require(*notice.extension > Duration{} && *notice.extension <= longest_extension,
          "an extension has an end");
}

}  // namespace

void run(std::string_view bytes) {
  const Notice notice = parse_notice(bytes);
  check(notice);
  require(parse_notice(std::string{bytes} + "\nFDSTORE=1\nno assignment\n") == notice,
          "what means nothing here changes nothing");
  SelfReport report = begin_report(SelfReport::Stage::starting, Moment{});
  fold(report, notice, self, now);
  require(is_one_line(describe(report)), "a description is one line");
  require(report.extended_to <= now + longest_extension, "a deadline is held off for a while only");
  require(fold(report, notice, self, now) == Told::nothing_new, "said twice, it is no news");
  SelfReport again = report;
  fold(again, notice, self, now);
  require(again == report, "nor does it change anything");
}

}  // namespace heald::fuzz
