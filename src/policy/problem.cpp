#include "policy/problem.hpp"

#include <algorithm>
#include <utility>

#include "policy/wording.hpp"

namespace heald {

std::string to_string(const Problem& problem) {
  if (problem.line == 0) return problem.file + ": " + problem.message;
  return problem.file + ":" + std::to_string(problem.line) + ":" +
         std::to_string(problem.column) + ": " + problem.message;
}

std::uint32_t ProblemLog::add_file(std::string_view name) {
  files_.push_back(one_line(name));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void ProblemLog::add(Position at, std::string_view message) {
  // A path may have any character in it, and a terminal would obey some of them.
  if (!full()) found_.push_back({at, one_line(message)});
}

std::string ProblemLog::describe(Position at) const {
  return files_.at(at.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::vector<Problem> ProblemLog::take() {
  const bool cut = full();
  std::ranges::stable_sort(found_, {}, &Found::at);
  // A mistake in an anchored node is found again at each of its aliases.
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  std::vector<Problem> problems;
  problems.reserve(found_.size() + 1);
  for (Found& found : found_) {
    problems.push_back({files_.at(found.at.file), found.at.line, found.at.column,
                        std::move(found.message)});
  }
  if (cut) {
    problems.push_back({files_.front(), 0, 0,
                        "more than " + std::to_string(limit) +
                            " problems: the rest is not shown"});
  }
  found_.clear();
  return problems;
}

}  // namespace heald
