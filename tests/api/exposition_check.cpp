#include "api/exposition_check.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace heald::test {

namespace {

class Reader {
 public:
  std::map<std::string, double> read(const std::string& text) {
    if (!text.empty() && text.back() != '\n') fail("the last line has no end");
    std::istringstream lines{text};
    while (std::getline(lines, line_)) {
      if (line_.rfind("# HELP ", 0) == 0) {
        begin_family();
      } else if (line_.rfind("# TYPE ", 0) == 0) {
        set_type();
      } else {
        add_sample();
      }
    }
    end_family();
    return samples_;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error{why + ": " + line_};
  }

  void begin_family() {
    end_family();
    static const std::regex form{"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \\S.*"};
    std::smatch match;
    if (!std::regex_match(line_, match, form)) fail("a wrong HELP line");
    family_ = match[1];
    type_.clear();
    if (!families_.insert(family_).second) fail("a family given twice");
  }

  void set_type() {
    static const std::regex form{"# TYPE (\\S+) (counter|gauge|histogram)"};
    std::smatch match;
    if (!std::regex_match(line_, match, form)) fail("a wrong TYPE line");
    if (match[1] != family_ || !type_.empty()) fail("a TYPE without its HELP");
    type_ = match[2];
    const bool total = family_.size() > 6 && family_.substr(family_.size() - 6) == "_total";
    if ((type_ == "counter") != total) fail("_total belongs to counters");
  }

  void add_sample() {
    std::size_t at = line_.find_first_of("{ ");
    if (at == std::string::npos) fail("no sample");
    const auto name = line_.substr(0, at);
    if (!belongs(name)) fail("a sample outside its family");
    auto series = name;
    if (line_[at] == '{') series += labels(at);
    if (line_[at] != ' ') fail("no blank before the value");
    std::size_t used = 0;
    const auto value = line_.substr(at + 1);
    const double number = std::stod(value, &used);
    if (used != value.size()) fail("a wrong value");
    if (!samples_.emplace(series, number).second) fail("a series given twice");
    if (name == family_ + "_count") count_ = number;
    if (series == family_ + "_bucket{le=+Inf}") last_bucket_ = number;
  }

  [[nodiscard]] bool belongs(const std::string& name) const {
    if (type_.empty()) return false;
    if (type_ != "histogram") return name == family_;
    return name == family_ + "_bucket" || name == family_ + "_sum" || name == family_ + "_count";
  }

  static bool legal(const std::string& name) {
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  }

  /// Reads {NAME="VALUE",…} from `at` on, and leaves `at` behind it.
  std::string labels(std::size_t& at) {
    std::string all{"{"};
    std::set<std::string> names;
    for (++at; at < line_.size() && line_[at] != '}';) {
      const auto equals = line_.find("=\"", at);
      if (equals == std::string::npos) fail("a label without a value");
      const auto name = line_.substr(at, equals - at);
      if (!legal(name)) fail("a wrong label");
      if (!names.insert(name).second) fail("a label given twice");
      at = equals + 2;
      all += (all.size() > 1 ? "," : "") + name + "=" + quoted(at);
      if (at < line_.size() && line_[at] == ',') ++at;
    }
    if (at >= line_.size()) fail("no end of the labels");
    ++at;
    return all + "}";
  }

  std::string quoted(std::size_t& at) {
    std::string value;
    for (; at < line_.size() && line_[at] != '"'; ++at) {
      if (line_[at] != '\\') {
        value.push_back(line_[at]);
        continue;
      }
      const char next = ++at < line_.size() ? line_[at] : ' ';
      if (next != 'n' && next != '\\' && next != '"') fail("a wrong escape");
      value.push_back(next == 'n' ? '\n' : next);
    }
    if (at >= line_.size()) fail("no end of the value");
    ++at;
    return value;
  }

  void end_family() {
    if (type_ == "histogram" && (count_ < 0 || count_ != last_bucket_)) fail("a broken histogram");
    count_ = -1;
    last_bucket_ = -2;
  }

  std::string line_, family_, type_;
  std::set<std::string> families_;
  std::map<std::string, double> samples_;
  double count_ = -1;
  double last_bucket_ = -2;
};

}  // namespace

std::map<std::string, double> read_exposition(const std::string& text) {
  return Reader{}.read(text);
}

}  // namespace heald::test
