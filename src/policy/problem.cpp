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

std::uint32_t ProblemLog::add_view(std::uint32_t file, Position at, std::string what) {
  views_.push_back({file, at, std::move(what)});
  return static_cast<std::uint32_t>(views_.size() - 1) | view_bit;
}

void ProblemLog::add(Position at, std::string_view message) { note(found_, at, message); }

void ProblemLog::warn(Position at, std::string_view message) { note(warned_, at, message); }

void ProblemLog::note(std::vector<Found>& found, Position at, std::string_view message) {
  if (found.size() >= limit) return;
  std::string whole{message};
  for (; is_view(at); at = view_of(at).at) {
    const View& view = view_of(at);
    whole.append(" (").append(view.what).append(", at ");
    whole.append(text_of({view.file, at.line, at.column})).append(")");
  }
  // A path may have any character in it, and a terminal would obey some of them.
  found.push_back({at, one_line(whole)});
}

std::string ProblemLog::describe(Position at) const {
  while (is_view(at)) at = view_of(at).at;
  return text_of(at);
}

std::string ProblemLog::text_of(Position at) const {
  return files_.at(at.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::vector<Problem> ProblemLog::take() { return take(found_, " problems"); }

std::vector<Problem> ProblemLog::take_warnings() { return take(warned_, " warnings"); }

std::vector<Problem> ProblemLog::take(std::vector<Found>& found, std::string_view kind) {
  const bool cut = found.size() >= limit;
  std::ranges::stable_sort(found, {}, &Found::at);
  // A mistake in an anchored node is found again at each of its aliases.
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<Problem> problems;
  problems.reserve(found.size() + 1);
  for (Found& each : found) {
    problems.push_back({files_.at(each.at.file), each.at.line, each.at.column,
                        std::move(each.message)});
  }
  if (cut) {
    problems.push_back({files_.front(), 0, 0,
                        "more than " + std::to_string(limit) + std::string{kind} +
                            ": the rest is not shown"});
  }
  found.clear();
  return problems;
}

}  // namespace heald
